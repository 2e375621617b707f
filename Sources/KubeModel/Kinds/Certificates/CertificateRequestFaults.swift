import JSON

/// Checks of a CertificateSigningRequest and its changes.
enum CertificateRequestFaults {
    /// In seconds; the API's own limit.
    private static let shortestLife = 600
    private static let legacySigner = "kubernetes.io/legacy-unknown"
    private static let usages = [
        "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment",
        "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel",
        "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime",
        "server auth", "signing", "timestamping",
    ]

    /// - Parameter old: what an update changes: faults that it has are left to it.
    static func all(_ object: JSON, old: JSON?) -> [FieldError] {
        let (spec, path) = (object["spec"], FieldPath("spec"))
        var faults: [FieldError] = []
        let blocks = CertificateText.blocks(CertificateText.decoded(spec["request"]))
        if blocks.first?.type != "CERTIFICATE REQUEST" {
            let detail = "PEM block type must be CERTIFICATE REQUEST"
            faults.append(.invalid(path["request"], spec["request"], detail))
        }
        faults += usageFaults(spec["usages"].strings, old: old?["spec"]["usages"].strings ?? [], path["usages"])
        let signer = spec.text("signerName")
        if signer == legacySigner, old?["spec"].text("signerName") != legacySigner {
            let detail = "the legacy signerName is not allowed via this API version"
            faults.append(.invalid(path["signerName"], .string(signer), detail))
        } else {
            faults += SignerName.faults(signer, path["signerName"])
        }
        if let life = spec["expirationSeconds"].int, life < shortestLife {
            let detail = "may not specify a duration less than 600 seconds (10 minutes)"
            faults.append(.invalid(path["expirationSeconds"], .init(life), detail))
        }
        let conditions = object["status"].list("conditions")
        faults += conditionFaults(conditions, old: old?["status"].list("conditions") ?? [])
        return faults + certificateFaults(object["status"]["certificate"], old: old?["status"]["certificate"])
    }

    private static func usageFaults(_ list: [String], old: [String], _ path: FieldPath) -> [FieldError] {
        if list.isEmpty { return [.required(path)] }
        var faults: [FieldError] = []
        if old.allSatisfy(usages.contains) {
            faults += list.enumerated().filter { !usages.contains($0.element) }
                .map { SpecFaults.notSupported(path[$0.offset], .string($0.element), usages) }
        }
        if SpecFaults.repeated(old).isEmpty {
            faults += SpecFaults.repeated(list).map { .duplicate(path[$0], .string(list[$0])) }
        }
        return faults
    }

    private static func conditionFaults(_ list: [JSON], old: [JSON]) -> [FieldError] {
        let path = FieldPath("status.conditions")
        let (types, before) = (list.map { $0.text("type") }, old.map { $0.text("type") })
        let repeated = SpecFaults.repeated(before).isEmpty ? Set(SpecFaults.repeated(types)) : []
        let mayBeBoth = before.contains("Approved") && before.contains("Denied")
        return list.enumerated().flatMap { index, condition -> [FieldError] in
            let (at, type) = (path[index], types[index])
            var faults: [FieldError] = []
            if type.isEmpty, !before.contains("") { faults.append(.required(at["type"])) }
            let isFinal = ["Approved", "Denied", "Failed"].contains(type)
            faults += SpecFaults.missingOrUnsupported(
                condition, at, "status", isFinal ? ["True"] : ["False", "True", "Unknown"])
            let other = ["Approved": "Denied", "Denied": "Approved"][type]
            if !mayBeBoth, let other, types[..<index].contains(other) {
                let detail = "Approved and Denied conditions are mutually exclusive"
                faults.append(.invalid(at["type"], .string(type), detail))
            }
            if repeated.contains(index) { faults.append(.duplicate(at["type"], .string(type))) }
            return faults
        }
    }

    private static func certificateFaults(_ certificate: JSON, old: JSON?) -> [FieldError] {
        if let old, SemanticEquality.equal(certificate, old) { return [] }
        if let old, CertificateText.problem(CertificateText.decoded(old)) != nil { return [] }
        guard let problem = CertificateText.problem(CertificateText.decoded(certificate)) else { return [] }
        return [.invalid(FieldPath("status.certificate"), "<certificate data>", problem)]
    }

    static func change(_ new: JSON, _ old: JSON, mayApprove: Bool = false, mayIssue: Bool = false) -> [FieldError] {
        let path = FieldPath("status")
        var faults = all(new, old: old)
        func count(_ object: JSON, _ type: String) -> Int {
            object["status"].list("conditions").count { $0.text("type") == type }
        }
        func forbid(_ word: String, _ type: String) {
            let detail = "updates may not \(word) a condition of type \(GoText.quoted(type))"
            faults.append(.forbidden(path["conditions"], detail))
        }
        for type in ["Approved", "Denied", "Failed"] where count(new, type) < count(old, type) {
            forbid("remove", type)
        }
        if !mayApprove {
            for type in ["Approved", "Denied"] where count(new, type) > count(old, type) { forbid("add", type) }
        }
        let (now, before) = (new["status"]["certificate"], old["status"]["certificate"])
        if now.string ?? "" == before.string ?? "" { return faults }
        if !mayIssue {
            faults.append(.forbidden(path["certificate"], "updates may not set certificate content"))
        } else if !(before.string ?? "").isEmpty {
            faults.append(.forbidden(path["certificate"], "updates may not modify existing certificate content"))
        }
        return faults
    }
}
