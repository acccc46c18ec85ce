// SPDX-License-Identifier: MIT
// The JavaScript exception that an import reports by its result and C fetches right afterwards with error_take.

export interface PendingError {
    set(error: unknown): void;
    /** Always an object. */
    take(): object;
    /** The result of `action`, or `failure` when it threw. */
    attempt(action: () => number, failure: number): number;
}

export function createPendingError(): PendingError {
    let pending: object | undefined;

    function set(error: unknown): void {
        const isObject = (typeof error === "object" && error !== null) || typeof error === "function";
        pending = isObject ? error : new Error(String(error));
    }

    return {
        set,
        take() {
            const error = pending ?? new Error("no JavaScript exception is pending");
            pending = undefined;
            return error;
        },
        attempt(action, failure) {
            try {
                return action();
            } catch (error) {
                set(error);
                return failure;
            }
        },
    };
}
