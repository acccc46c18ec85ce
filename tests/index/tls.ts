// SPDX-License-Identifier: MIT
// A certificate of one test run: made by openssl, trusted by nobody but those who are given its file.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

export interface Certificate {
    /** For SSL_CERT_FILE. */
    file: string;
    key: string;
    cert: string;
}

export function makeCertificate(folder: string): Certificate {
    const keyFile = path.join(folder, "index-key.pem");
    const file = path.join(folder, "index-cert.pem");
    const names = ["subjectAltName=IP:127.0.0.1,DNS:localhost", "basicConstraints=critical,CA:TRUE", "keyUsage=critical,digitalSignature,keyCertSign"];
    execFileSync(
        "openssl",
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=pymode test index", ...names.flatMap((name) => ["-addext", name]), "-keyout", keyFile, "-out", file],
        { stdio: ["ignore", "ignore", "pipe"] },
    );
    return { file, key: fs.readFileSync(keyFile, "utf8"), cert: fs.readFileSync(file, "utf8") };
}
