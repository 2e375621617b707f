import JSON
import KubeModel
import SwiftASN1
import X509

/// Whether a user may act for a signer: by the signer's name, or by its domain with a star.
struct SignerPermission: Sendable {
    let authorizer: any Authorizer

    func isAllowed(_ user: UserInfo, _ verb: String, _ signer: String) async -> Bool {
        let domain = signer.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        for name in [signer, "\(domain)/*"] {
            var request = RequestAttributes(user: user, verb: verb, isResource: true)
            request.group = "certificates.k8s.io"
            request.version = "*"
            request.resource = "signers"
            request.name = name
            if case .allow = await authorizer.authorize(request) { return true }
        }
        return false
    }
}

private let csrGroup = "certificates.k8s.io"

/// Approving a request needs the permission to approve for its signer.
struct CertificateApproval: AdmissionPlugin {
    let name = "CertificateApproval"
    let permission: SignerPermission

    func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .update, request.subresource == "approval",
            request.isOf("certificatesigningrequests", group: csrGroup)
        else { return }
        let signer = request.old["spec"].text("signerName")
        guard await permission.isAllowed(request.user, "approve", signer) else {
            throw request.forbidden(
                "user not permitted to approve requests with signerName \(GoText.quoted(signer))")
        }
    }
}

/// Writing a certificate, or that it failed, needs the permission to sign for the signer.
struct CertificateSigning: AdmissionPlugin {
    let name = "CertificateSigning"
    let permission: SignerPermission

    func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .update, request.subresource == "status",
            request.isOf("certificatesigningrequests", group: csrGroup)
        else { return }
        let new = request.object["status"], old = request.old["status"]
        guard new["certificate"] != old["certificate"] || new.list("conditions") != old.list("conditions") else {
            return
        }
        let signer = request.old["spec"].text("signerName")
        guard await permission.isAllowed(request.user, "sign", signer) else {
            throw request.forbidden("user not permitted to sign requests with signerName \(GoText.quoted(signer))")
        }
    }
}

/// Publishing trust for a signer needs the permission to attest for it.
struct ClusterTrustBundleAttest: AdmissionPlugin {
    let name = "ClusterTrustBundleAttest"
    let permission: SignerPermission

    func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .create || request.operation == .update,
            request.isFor("clustertrustbundles", group: csrGroup)
        else { return }
        let signer = request.object["spec"].text("signerName")
        guard !signer.isEmpty, request.object["spec"] != request.old["spec"] else { return }
        guard await permission.isAllowed(request.user, "attest", signer) else {
            throw request.forbidden("user not permitted to attest for signerName \(GoText.quoted(signer))")
        }
    }
}

/// Nobody gets a certificate of `system:masters` from the API.
struct CertificateSubjectRestriction: AdmissionPlugin {
    let name = "CertificateSubjectRestriction"
    private static let signer = "kubernetes.io/kube-apiserver-client"

    func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .create, request.isFor("certificatesigningrequests", group: csrGroup),
            request.object["spec"].text("signerName") == Self.signer
        else { return }
        let organizations: [String]
        do {
            organizations = try Self.organizations(request.object["spec"].text("request"))
        } catch {
            throw request.forbidden("failed to parse CSR: \(error)")
        }
        if organizations.contains(PrivilegedGroup.group) {
            throw request.forbidden("use of \(Self.signer) signer with \(PrivilegedGroup.group) group is not allowed")
        }
    }

    private static func organizations(_ base64: String) throws -> [String] {
        let text = String(decoding: decodeBase64(base64) ?? [], as: UTF8.self)
        let parsed = try CertificateSigningRequest(pemEncoded: text)
        return parsed.subject.flatMap { $0 }.filter { $0.type == .RDNAttributeType.organizationName }
            .compactMap { String($0.value) }
    }
}
