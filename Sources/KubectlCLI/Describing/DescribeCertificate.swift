import CommandLine
import Glibc
import JSON
import KubeModel
import SwiftASN1
import X509

extension ObjectDescriber {
    /// A request for a certificate, with what is in it.
    func signingRequest(_ text: inout DescribedText) async {
        let metadata = object["metadata"], spec = object["spec"]
        text.pair(0, "Name", metadata["name"].plain)
        text.pair(0, "Labels", Self.joined(metadata["labels"]))
        text.pair(0, "Annotations", Self.joined(metadata["annotations"]))
        text.pair(0, "CreationTimestamp", DateText.of(metadata["creationTimestamp"]))
        text.pair(0, "Requesting User", spec["username"].plain)
        text.pair(0, "Signer", spec["signerName"].plain)
        if let seconds = spec["expirationSeconds"].int {
            text.pair(0, "Requested Duration", AgeText.of(seconds: Double(seconds)))
        }
        text.pair(0, "Status", status)
        text.line(0, "Subject:")
        if let request { show(request, &text) }
        text.events(await events())
    }

    private static func joined(_ labels: JSON) -> String {
        let pairs = labels.stringMap.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return pairs.isEmpty ? "<none>" : pairs.joined(separator: ",")
    }

    private var status: String {
        let types = (object["status"]["conditions"].array ?? []).map { $0["type"].plain }
        var words = [types.contains("Approved") ? "Approved" : types.contains("Denied") ? "Denied" : "Pending"]
        if types.contains("Failed") { words.append("Failed") }
        if !object["status"]["certificate"].plain.isEmpty { words.append("Issued") }
        return words.joined(separator: ",")
    }

    private var request: X509.CertificateSigningRequest? {
        guard let pem = decodeBase64(object["spec"]["request"].plain) else { return nil }
        return try? X509.CertificateSigningRequest(pemEncoded: String(decoding: pem, as: UTF8.self))
    }

    private func show(_ request: X509.CertificateSigningRequest, _ text: inout DescribedText) {
        typealias Name = ASN1ObjectIdentifier.RDNAttributeType
        func values(_ type: ASN1ObjectIdentifier) -> [String] {
            request.subject.flatMap { Array($0) }.filter { $0.type == type }.map { String($0.value) ?? "" }
        }
        text.line(0, "\tCommon Name:\t\(values(Name.commonName).last ?? "")")
        text.line(0, "\tSerial Number:\t\(values(Self.serialNumber).last ?? "")")
        let parts = [
            ("Organization", Name.organizationName), ("Organizational Unit", Name.organizationalUnitName),
            ("Country", Name.countryName), ("Locality", Name.localityName),
            ("Province", Name.stateOrProvinceName), ("StreetAddress", Name.streetAddress),
            ("PostalCode", Self.postalCode),
        ]
        for (label, type) in parts { list(label, values(type), &text) }
        let names = request.alternativeNames
        guard !names.isEmpty else { return }
        text.line(0, "Subject Alternative Names:")
        for label in ["DNS Names", "Email Addresses", "URIs", "IP Addresses"] {
            list(label, names.filter { $0.label == label }.map(\.value), &text)
        }
    }

    private func list(_ label: String, _ values: [String], _ text: inout DescribedText) {
        for (at, value) in values.enumerated() { text.line(0, "\t\(at == 0 ? label + ":" : "")\t\(value)") }
    }

    private static let serialNumber: ASN1ObjectIdentifier = [2, 5, 4, 5]
    private static let postalCode: ASN1ObjectIdentifier = [2, 5, 4, 17]
}

extension X509.CertificateSigningRequest {
    /// Whom else the certificate is to be for, as they are listed.
    fileprivate var alternativeNames: [(label: String, value: String)] {
        guard let extensions = try? attributes.extensionRequest?.extensions,
            let names = try? extensions.subjectAlternativeNames
        else { return [] }
        return names.compactMap { name in
            switch name {
            case .dnsName(let text): ("DNS Names", text)
            case .rfc822Name(let text): ("Email Addresses", text)
            case .uniformResourceIdentifier(let text): ("URIs", text)
            case .ipAddress(let bytes): ("IP Addresses", Self.address(Array(bytes.bytes)))
            default: nil
            }
        }
    }

    private static func address(_ bytes: [UInt8]) -> String {
        guard bytes.count == 16 else { return bytes.map(String.init).joined(separator: ".") }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
