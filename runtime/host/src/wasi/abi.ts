// SPDX-License-Identifier: MIT
// Numbers and record layouts of WASI preview 1.

export const Errno = {
    success: 0,
    badf: 8,
    exist: 20,
    fbig: 22,
    inval: 28,
    io: 29,
    isdir: 31,
    mfile: 33,
    nametoolong: 37,
    noent: 44,
    nomem: 48,
    nospc: 51,
    nosys: 52,
    notdir: 54,
    notempty: 55,
    notsock: 57,
    notsup: 58,
    perm: 63,
    rofs: 69,
    spipe: 70,
    xdev: 75,
    notcapable: 76,
} as const;

export const FileType = { unknown: 0, characterDevice: 2, directory: 3, regularFile: 4 } as const;

export const OpenFlag = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;

export const DescriptorFlag = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const;

export const Whence = { set: 0, current: 1, end: 2 } as const;

export const SetTimes = { access: 1, accessNow: 2, modified: 4, modifiedNow: 8 } as const;

export const Right = { read: 1n << 1n, write: 1n << 6n, all: 0x1fffffffn } as const;

export const Subscription = { size: 48, clock: 0, read: 1, write: 2 } as const;
export const EVENT_SIZE = 32;
export const DIRENT_SIZE = 24;

export interface FileStat {
    readonly inode: number;
    readonly type: number;
    readonly links: number;
    readonly size: number;
    readonly accessed: bigint;
    readonly modified: bigint;
}

export function writeFileStat(view: DataView, at: number, stat: FileStat): void {
    view.setBigUint64(at, 1n, true);
    view.setBigUint64(at + 8, BigInt(stat.inode), true);
    view.setBigUint64(at + 16, BigInt(stat.type), true);
    view.setBigUint64(at + 24, BigInt(stat.links), true);
    view.setBigUint64(at + 32, BigInt(stat.size), true);
    view.setBigUint64(at + 40, stat.accessed, true);
    view.setBigUint64(at + 48, stat.modified, true);
    view.setBigUint64(at + 56, stat.modified, true);
}
