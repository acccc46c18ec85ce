// SPDX-License-Identifier: MIT
// A strict checker for JSON: what is not expected is refused, so that a client that deviates from wrangler fails.

/** Returns what is wrong with `value` (found at `path`), or nothing. */
export type Shape = (value: unknown, path: string) => string | undefined;

const named = (value: unknown): string =>
    value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;

export function isRecord(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function text(options: { pattern?: RegExp; max?: number } = {}): Shape {
    const { pattern, max = 5 * 1024 } = options;
    return (value, path) => {
        if (typeof value !== "string") return `${path} must be a string, not ${named(value)}`;
        if (Buffer.byteLength(value) > max) return `${path} is longer than ${max} bytes`;
        if (pattern && !pattern.test(value)) return `${path} is "${value}", which does not match ${pattern}`;
        return undefined;
    };
}

export const bool: Shape = (value, path) =>
    typeof value === "boolean" ? undefined : `${path} must be true or false, not ${named(value)}`;

export function number(low: number, high: number): Shape {
    return (value, path) =>
        typeof value === "number" && value >= low && value <= high
            ? undefined
            : `${path} must be a number from ${low} to ${high}`;
}

export const anything: Shape = () => undefined;

export function literal(...allowed: readonly string[]): Shape {
    return (value, path) =>
        typeof value === "string" && allowed.includes(value)
            ? undefined
            : `${path} must be ${allowed.map((one) => `"${one}"`).join(" or ")}, not ${JSON.stringify(value)}`;
}

/** A value that fits one of the shapes; the last one tells what is wrong. */
export function either(...shapes: readonly Shape[]): Shape {
    return (value, path) => {
        const problems = shapes.map((shape) => shape(value, path));
        return problems.includes(undefined) ? undefined : problems.at(-1);
    };
}

export function list(item: Shape, max = 1000): Shape {
    return (value, path) => {
        if (!Array.isArray(value)) return `${path} must be an array, not ${named(value)}`;
        if (value.length > max) return `${path} has more than ${max} entries`;
        return firstProblem(value.map((one, index) => () => item(one, `${path}[${index}]`)));
    };
}

/** An object with any keys of one pattern, all of whose values have one shape. */
export function dictionary(key: RegExp, item: Shape, max = 1000): Shape {
    return (value, path) => {
        if (!isRecord(value)) return `${path} must be an object, not ${named(value)}`;
        const entries = Object.entries(value);
        if (entries.length > max) return `${path} has more than ${max} entries`;
        return firstProblem(
            entries.map(([name, one]) => () => (key.test(name) ? item(one, `${path}.${name}`) : `${path} has the key "${name}", which does not match ${key}`)),
        );
    };
}

/** An object with exactly these keys; those of `optional` may be missing. */
export function record(required: Record<string, Shape>, optional: Record<string, Shape> = {}): Shape {
    return (value, path) => {
        if (!isRecord(value)) return `${path} must be an object, not ${named(value)}`;
        const missing = Object.keys(required).find((key) => !Object.hasOwn(value, key));
        if (missing !== undefined) return `${path}.${missing} is missing`;
        return firstProblem(
            Object.entries(value).map(([key, one]) => () => {
                const shape = Object.hasOwn(required, key) ? required[key] : Object.hasOwn(optional, key) ? optional[key] : undefined;
                return shape ? shape(one, `${path}.${key}`) : `${path}.${key} is not known`;
            }),
        );
    };
}

function firstProblem(checks: readonly (() => string | undefined)[]): string | undefined {
    for (const check of checks) {
        const problem = check();
        if (problem !== undefined) return problem;
    }
    return undefined;
}
