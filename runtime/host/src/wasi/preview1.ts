// SPDX-License-Identifier: MIT
// The import module wasi_snapshot_preview1: all of its 46 functions, none of which suspends.
//
// They are plain functions of exactly the arity that WebAssembly calls them with: V8 then calls them directly instead of
// through a compiled adapter, which counts at a cold start.

import type { WasiContext } from "./context";
import { createDescriptorImports, type Imports } from "./fd";
import { createPathImports } from "./path";
import { createSystemImports } from "./system";

export function createWasiImports(context: WasiContext): Imports {
    return { ...createSystemImports(context), ...createDescriptorImports(context), ...createPathImports(context) };
}
