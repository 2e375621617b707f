import JSON

/// Files from the API in a folder: secrets, config maps, fields, tokens, certificates.
enum ProjectedVolumes {
    /// `key` as the file `path`.
    static func checkItem(_ item: JSON, _ path: FieldPath, _ faults: inout Faults) {
        faults.checkPresent(item, "key", path)
        faults.checkPresent(item, "path", path)
        FilePaths.checkOrdinary(item.text("path"), path["path"], &faults)
        FilePaths.checkMode(item, "mode", path, &faults)
    }

    /// A field of the pod as a file.
    static func checkFile(_ file: JSON, _ path: FieldPath, _ faults: inout Faults) {
        faults.checkPresent(file, "path", path)
        FilePaths.checkOrdinary(file.text("path"), path["path"], &faults)
        if file.has("fieldRef") {
            FieldReferences.checkField(file["fieldRef"], FieldReferences.forFiles, path["fieldRef"], &faults)
            if file.has("resourceFieldRef") {
                faults.invalid(
                    path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
            }
        } else if file.has("resourceFieldRef") {
            FieldReferences.checkResource(
                file["resourceFieldRef"], isVolume: true, path["resourceFieldRef"], &faults)
        } else {
            faults.required(path, "one of fieldRef and resourceFieldRef is required")
        }
        FilePaths.checkMode(file, "mode", path, &faults)
    }

    private static let sources = [
        "secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate",
    ]

    static func check(_ volume: JSON, _ path: FieldPath, _ faults: inout Faults) {
        FilePaths.checkMode(volume, "defaultMode", path, &faults)
        var taken: Set<String> = []
        for (index, source) in volume.list("sources").enumerated() {
            let at = path["sources"][index]
            let present = sources.filter { source.has($0) }
            for kind in present {
                let (part, own) = (source[kind], at[kind])
                switch kind {
                case "secret", "configMap": checkKeys(part, own, path, &taken, &faults)
                case "downwardAPI":
                    for file in part.list("items") {
                        checkFile(file, own, &faults)
                        take(file.text("path"), shown: file.text("path"), path, &taken, &faults)
                    }
                case "serviceAccountToken": checkToken(part, own, path, &faults)
                case "clusterTrustBundle":
                    checkTrust(part, own, &faults)
                    faults.checkPresent(part, "path", own)
                    FilePaths.checkOrdinary(part.text("path"), own["path"], &faults)
                    take(part.text("path"), shown: part.text("path"), path, &taken, &faults)
                default: checkCertificate(part, own, path, &taken, &faults)
                }
            }
            if present.count > 1 {
                faults.forbidden(at, "may not specify more than 1 volume type per source")
            }
        }
    }

    /// Each file once, whatever it comes from.
    private static func take(
        _ file: String, shown: String, _ volume: FieldPath, _ taken: inout Set<String>, _ faults: inout Faults
    ) {
        if !file.isEmpty, !taken.insert(file).inserted {
            faults.invalid(volume, .string(shown), "conflicting duplicate paths")
        }
    }

    private static func checkKeys(
        _ source: JSON, _ path: FieldPath, _ volume: FieldPath, _ taken: inout Set<String>, _ faults: inout Faults
    ) {
        faults.checkPresent(source, "name", path)
        for (index, item) in source.list("items").enumerated() {
            checkItem(item, path["items"][index], &faults)
            take(item.text("path"), shown: source.text("name"), volume, &taken, &faults)
        }
    }

    /// Shortest and longest life of a token, in seconds.
    private static let (shortestToken, longestToken) = (600, 1 << 32)

    private static func checkToken(
        _ token: JSON, _ path: FieldPath, _ volume: FieldPath, _ faults: inout Faults
    ) {
        let seconds = token["expirationSeconds"].int ?? 0
        if seconds < shortestToken {
            faults.invalid(
                path["expirationSeconds"], .init(seconds), "may not specify a duration less than 10 minutes")
        }
        if seconds > longestToken {
            faults.invalid(
                path["expirationSeconds"], .init(seconds), "may not specify a duration larger than 2^32 seconds")
        }
        let file = token.text("path")
        if file.isEmpty {
            faults.required(volume["path"])
        } else {
            FilePaths.checkOrdinary(file, volume["path"], &faults)
        }
    }

    private static func checkTrust(_ bundle: JSON, _ path: FieldPath, _ faults: inout Faults) {
        switch (bundle.has("name"), bundle.has("signerName")) {
        case (true, true):
            let shown: JSON = [
                "Name": bundle["name"], "SignerName": bundle["signerName"], "LabelSelector": bundle["labelSelector"],
                "Optional": bundle["optional"], "Path": .string(bundle.text("path")),
            ]
            faults.invalid(path, shown, "only one of name and signerName may be used")
        case (true, false):
            let name = bundle.text("name")
            if name.isEmpty { faults.required(path["name"], "must be a valid object name") }
            let plain = name.split(separator: ":", omittingEmptySubsequences: false).last.map(String.init) ?? ""
            for detail in Names.dnsSubdomain(plain) {
                faults.invalid(path["name"], .string(name), "not a valid clustertrustbundlename: \(detail)")
            }
            if bundle.has("labelSelector") {
                faults.invalid(
                    path["labelSelector"], bundle["labelSelector"],
                    "labelSelector must be unset if name is specified")
            }
        case (false, true):
            if bundle.text("signerName").isEmpty {
                faults.required(path["signerName"], "must be a valid signer name")
            }
            faults.checkSelector(bundle["labelSelector"], path["labelSelector"])
        case (false, false): faults.required(path, "either name or signerName must be specified")
        }
    }

    private static let keyTypes = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"]
    /// An hour and 91 days, in seconds.
    private static let (shortestCertificate, longestCertificate) = (3_600, 7_862_400)

    private static func checkCertificate(
        _ certificate: JSON, _ path: FieldPath, _ volume: FieldPath, _ taken: inout Set<String>,
        _ faults: inout Faults
    ) {
        faults.checkPresent(certificate, "signerName", path)
        let type = certificate.text("keyType")
        if !keyTypes.contains(type) { faults.notSupported(path["keyType"], .string(type), keyTypes) }
        if let seconds = certificate["maxExpirationSeconds"].int {
            if seconds < shortestCertificate {
                faults.invalid(
                    path["maxExpirationSeconds"], .init(seconds),
                    "if provided, maxExpirationSeconds must be >= 3600")
            } else if seconds > longestCertificate {
                faults.invalid(
                    path["maxExpirationSeconds"], .init(seconds),
                    "if provided, maxExpirationSeconds must be <= \(longestCertificate)")
            }
        }
        let files = ["credentialBundlePath", "keyPath", "certificateChainPath"]
        var found = 0
        for name in files {
            let file = certificate.text(name)
            guard !file.isEmpty else { continue }
            found += 1
            FilePaths.checkOrdinary(file, path[name], &faults)
            take(file, shown: file, volume, &taken, &faults)
        }
        if found == 0 {
            faults.required(
                path, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath")
        }
    }
}
