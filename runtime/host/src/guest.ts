// SPDX-License-Identifier: MIT
// The interpreter as the host's parts see it.

import type { PythonExports } from "./exports";
import type { GuestMemory } from "./memory";

/**
 * The imports are made before the module is instantiated and work on what it exports, so they share this object, which is
 * filled in between. No import is called before that.
 */
export interface Guest {
    exports: PythonExports;
    memory: GuestMemory;
}
