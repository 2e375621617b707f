import JSON
import KubeModel
import SwiftASN1
import X509

/// What a certificate request in PEM asks for, as far as the signers judge it.
struct CertificateRequestForm {
    let request: X509.CertificateSigningRequest
    var commonName = ""
    var organizations: [String] = []
    var dnsNames = 0, addresses = 0, mails = 0, links = 0
    let names: [GeneralName]

    /// - Throws: what can't be read.
    init(pem text: String) throws {
        let document = try PEMDocument(pemString: text)
        request = try X509.CertificateSigningRequest(pemDocument: document)
        for attribute in request.subject.flatMap({ Array($0) }) {
            switch attribute.type {
            case .RDNAttributeType.commonName: commonName = String(attribute.value) ?? ""
            case .RDNAttributeType.organizationName: organizations.append(String(attribute.value) ?? "")
            default: break
            }
        }
        let extensions = try request.attributes.extensionRequest?.extensions
        names = Array(try extensions?.subjectAlternativeNames ?? SubjectAlternativeNames([]))
        for name in names {
            switch name {
            case .dnsName: dnsNames += 1
            case .ipAddress: addresses += 1
            case .rfc822Name: mails += 1
            case .uniformResourceIdentifier: links += 1
            default: break
            }
        }
    }

    // MARK: Signers' rules

    private static let system = "kubernetes.io/"
    static let kubeletClient = system + "kube-apiserver-client-kubelet"
    static let kubeletServing = system + "kubelet-serving"
    static let client = system + "kube-apiserver-client"
    static let legacy = system + "legacy-unknown"
    static let signers: Set<String> = [kubeletClient, kubeletServing, client, legacy]

    /// Why the signer refuses it; nil when it doesn't.
    func fault(for signer: String, usages: [String]) -> String? {
        switch signer {
        case Self.kubeletClient: kubeletClientFault(usages)
        case Self.kubeletServing: kubeletServingFault(usages)
        case Self.client: Self.clientFault(usages)
        default: nil
        }
    }

    private func kubeletClientFault(_ usages: [String]) -> String? {
        if organizations != ["system:nodes"] { return "subject organization is not system:nodes" }
        if dnsNames > 0 { return "DNS subjectAltNames are not allowed" }
        if mails > 0 { return "Email subjectAltNames are not allowed" }
        if addresses > 0 { return "IP subjectAltNames are not allowed" }
        if links > 0 { return "URI subjectAltNames are not allowed" }
        if !commonName.hasPrefix("system:node:") { return "subject common name does not begin with system:node:" }
        return Self.usageFault(usages, "client auth")
    }

    private func kubeletServingFault(_ usages: [String]) -> String? {
        if organizations != ["system:nodes"] { return "subject organization is not system:nodes" }
        if dnsNames == 0, addresses == 0 { return "DNS or IP subjectAltName is required" }
        if mails > 0 { return "Email subjectAltNames are not allowed" }
        if links > 0 { return "URI subjectAltNames are not allowed" }
        if let fault = Self.usageFault(usages, "server auth") { return fault }
        return commonName.hasPrefix("system:node:") ? nil : "subject common name does not begin with system:node:"
    }

    private static func usageFault(_ usages: [String], _ own: String) -> String? {
        let wanted: Set = ["digital signature", "key encipherment", own]
        let given = Set(usages)
        if given == wanted || given == wanted.subtracting(["key encipherment"]) { return nil }
        return "usages did not match [\(wanted.sorted().joined(separator: " "))]"
    }

    private static func clientFault(_ usages: [String]) -> String? {
        for usage in usages where !["digital signature", "key encipherment", "client auth"].contains(usage) {
            return "invalid usage for client certificate: \(usage)"
        }
        return usages.contains("client auth") ? nil : "missing required usage for client certificate: client auth"
    }
}
