// SPDX-License-Identifier: MIT
// The certificate of one test run and the authority that signed it: made by openssl, trusted only by who is given the file.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

export interface Certificate {
    /** The authority's certificate, for SSL_CERT_FILE. */
    file: string;
    authority: string;
    key: string;
    cert: string;
}

export function makeCertificate(folder: string): Certificate {
    const file = (name: string): string => path.join(folder, `index-${name}.pem`);
    const make = (name: string, subject: string, extensions: readonly string[], more: readonly string[]): void => {
        const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file(`${name}-key`)];
        const added = extensions.flatMap((extension) => ["-addext", extension]);
        execFileSync("openssl", ["req", "-x509", ...key, "-days", "2", "-subj", `/CN=${subject}`, ...added, ...more, "-out", file(name)], { stdio: ["ignore", "ignore", "pipe"] });
    };
    make("authority", "pymode tests", ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"], []);
    // Some TLS libraries take no authority's certificate for a server's.
    make("server", "pymode test index", ["basicConstraints=critical,CA:FALSE", "subjectAltName=IP:127.0.0.1,DNS:localhost"], ["-CA", file("authority"), "-CAkey", file("authority-key")]);
    const read = (name: string): string => fs.readFileSync(file(name), "utf8");
    return { file: file("authority"), authority: read("authority"), key: read("server-key"), cert: read("server") };
}
