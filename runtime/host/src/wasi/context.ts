// SPDX-License-Identifier: MIT
// What the WASI functions work on.

import type { Descriptors } from "./descriptors";
import type { Guest } from "../guest";
import type { FileSystem } from "./filesystem";

export interface WasiContext {
    readonly guest: Guest;
    readonly files: FileSystem;
    readonly descriptors: Descriptors;
    readonly randomFill: (target: Uint8Array) => void;
}
