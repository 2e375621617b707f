import JSON

/// `certificates.k8s.io` ClusterTrustBundle: roots that pods may trust. Whether its blocks are certificates of
/// authorities is for the server.
enum ClusterTrustBundle {
    /// In bytes; the API's own limit.
    private static let largest = 1 << 20
    private static let hidden: JSON = "<value omitted>"

    static let rules: KindRules = {
        var rules = KindRules(group: SignerName.group, kind: "ClusterTrustBundle")
        rules.allowsUnconditionalUpdate = false
        rules.nameRule = .own { _, _ in [] }
        rules.validate = { faults($0, checksBundle: true) }
        rules.validateUpdate = { new, old in
            faults(new, checksBundle: new["spec"].text("trustBundle") != old["spec"].text("trustBundle"))
                + SpecFaults.changed(
                    .string(new["spec"].text("signerName")), .string(old["spec"].text("signerName")),
                    FieldPath("spec.signerName"))
        }
        rules.selectableFields = { ["spec.signerName": $0["spec"].text("signerName")] }
        rules.table = KindTable([
            .objectName,
            .init("SignerName", "Whose certificates its roots are for."),
        ]) { object, _ in
            let signer = object["spec"].text("signerName")
            return [KindTable.Cell.name(object), .string(signer.isEmpty ? "<none>" : signer)]
        }
        return rules
    }()

    private static func faults(_ object: JSON, checksBundle: Bool) -> [FieldError] {
        let (name, spec) = (object["metadata"].text("name"), object["spec"])
        let signer = spec.text("signerName")
        var faults = SpecFaults.named(FieldPath("metadata.name"), name, nameTexts(name, signer))
        if !signer.isEmpty { faults += SignerName.faults(signer, FieldPath("spec.signerName")) }
        if checksBundle { faults += bundleFaults(spec.text("trustBundle"), FieldPath("spec.trustBundle")) }
        return faults
    }

    /// A signer's bundles have its name, with ":" for "/", in front of theirs; others have no ":" at all.
    private static func nameTexts(_ name: String, _ signer: String) -> [String] {
        if signer.isEmpty {
            if name.contains(":") {
                return [
                    "ClusterTrustBundle without signer name must not have \":\" in its name"
                ]
            }
            return Names.dnsSubdomain(name)
        }
        let prefix = signer.split(separator: "/", omittingEmptySubsequences: false).joined(separator: ":") + ":"
        guard name.hasPrefix(prefix) else {
            return [
                "ClusterTrustBundle for signerName \(signer) must be named with prefix \(prefix)"
            ]
        }
        return Names.dnsSubdomain(String(name.dropFirst(prefix.count)))
    }

    private static func bundleFaults(_ text: String, _ path: FieldPath) -> [FieldError] {
        if text.utf8.count > largest { return [.tooLong(path, maxLength: largest)] }
        let blocks = CertificateText.blocks(text)
        let faults = blocks.enumerated().compactMap { index, block -> FieldError? in
            if block.type != "CERTIFICATE" {
                return .invalid(path, hidden, "entry \(index) has bad block type: \(block.type)")
            }
            return block.hasHeaders ? .invalid(path, hidden, "entry \(index) has PEM block headers") : nil
        }
        if !faults.isEmpty { return faults }
        if blocks.isEmpty { return [.invalid(path, hidden, "at least one trust anchor must be provided")] }
        let places = Dictionary(grouping: blocks.indices) { blocks[$0].content }
        return places.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }.map { same in
            let list = same.map(String.init).joined(separator: " ")
            return .invalid(path, hidden, "duplicate trust anchor (indices [\(list)])")
        }
    }
}
