import JSON
import KubeClient
import KubeModel
import Logging

/// Approves kubelets' requests for client certificates, signs what is approved, and deletes requests that are done.
final class CertificateController: Controller {
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let requests = context.informers[.certificateSigningRequests]
        var signer: CertificateSigner?
        do { signer = try CertificateSigner(context.settings) } catch {
            context.log.error(
                "no certificates are signed: the authority can't be read", metadata: ["error": "\(error)"])
        }
        let turn = CertificateTurn(
            api: context.api("certificate-controller"), requests: requests, signer: signer, log: context.log,
            now: context.now)
        loop = ReconcileLoop("certificate-controller", log: context.log) { try await turn.reconcile($0) }
        requests.observe { [loop] in loop.enqueue($0.key) }
    }

    func run() async { await loop.run() }
}

/// How long requests are kept.
enum CertificateRequestAge {
    /// Seconds after a decision, and without one.
    private static let decided = 3_600.0, waiting = 86_400.0

    /// Seconds left; 0 or less: to be deleted.
    static func left(_ request: JSON, now: Double) -> Double {
        let created = request.creationTime?.time ?? now
        let times = request["status"].list("conditions").filter {
            ["Approved", "Denied", "Failed"].contains($0.text("type"))
        }.map { $0.time("lastUpdateTime")?.time ?? created }
        guard let last = times.min() else { return created + waiting - now }
        return last + decided - now
    }
}

private struct CertificateTurn: Sendable {
    private static let reviews = ResourceID("authorization.k8s.io", "v1", "subjectaccessreviews")

    let api: any ObjectAPI
    let requests: Informer
    let signer: CertificateSigner?
    let log: Logger
    let now: @Sendable () -> Double

    func reconcile(_ key: ObjectKey) async throws -> Next {
        guard let request = requests.object(key) else { return .settled }
        let left = CertificateRequestAge.left(request, now: now())
        if left <= 0 {
            try await api.deleteIfThere(.certificateSigningRequests, "", key.name)
            return .settled
        }
        try await decide(request)
        return .again(after: .seconds(left))
    }

    private func decide(_ request: JSON) async throws {
        let status = request["status"]
        guard status.text("certificate").isEmpty else { return }
        func has(_ type: String) -> Bool { !Conditions.find(type, in: status).isNull }
        guard !has("Denied"), !has("Failed"),
            CertificateRequestForm.signers.contains(request["spec"].text("signerName"))
        else { return }
        let text = decodeBase64(request["spec"].text("request")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard let form = try? CertificateRequestForm(pem: text) else {
            return log.warning("unable to parse csr", metadata: ["name": "\(request.objectName)"])
        }
        if has("Approved") { try await sign(request, form) } else { try await approve(request, form) }
    }

    // MARK: Approving

    private func approve(_ request: JSON, _ form: CertificateRequestForm) async throws {
        let spec = request["spec"]
        guard spec.text("signerName") == CertificateRequestForm.kubeletClient,
            form.fault(for: CertificateRequestForm.kubeletClient, usages: spec["usages"].strings) == nil
        else { return }
        var ways = [("nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview.")]
        if spec.text("username") == form.commonName {
            ways.insert(
                ("selfnodeclient", "Auto approving self kubelet client certificate after SubjectAccessReview."), at: 0)
        }
        for (subresource, message) in ways where try await isAllowed(spec, subresource) {
            let time: JSON = .string(Timestamp(now()).text)
            var approved = request
            approved["status", "conditions"] = .array(
                request["status"].list("conditions") + [
                    [
                        "type": "Approved", "status": "True", "reason": "AutoApproved", "message": .string(message),
                        "lastUpdateTime": time, "lastTransitionTime": time,
                    ]
                ])
            await requests.reached(
                try await api.update(.certificateSigningRequests, subresource: "approval", approved))
            return
        }
    }

    private func isAllowed(_ spec: JSON, _ subresource: String) async throws -> Bool {
        var asked: JSON = [
            "user": spec["username"],
            "resourceAttributes": [
                "group": "certificates.k8s.io", "resource": "certificatesigningrequests", "verb": "create",
                "subresource": .string(subresource), "version": "*",
            ],
        ]
        for name in ["uid", "groups", "extra"] where spec.has(name) { asked[name] = spec[name] }
        let review = try await api.create(
            Self.reviews,
            ["apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": asked])
        return review["status"].flag("allowed")
    }

    // MARK: Signing

    private func sign(_ request: JSON, _ form: CertificateRequestForm) async throws {
        guard let signer else { return }
        let spec = request["spec"]
        let usages = spec["usages"].strings
        var changed = request
        if let fault = form.fault(for: spec.text("signerName"), usages: usages) {
            let time: JSON = .string(Timestamp(now()).text)
            changed["status", "conditions"] = .array(
                request["status"].list("conditions") + [
                    [
                        "type": "Failed", "status": "True", "reason": "SignerValidationFailure",
                        "message": .string(fault), "lastUpdateTime": time, "lastTransitionTime": time,
                    ]
                ])
        } else {
            let pem = try signer.sign(form, usages: usages, seconds: spec["expirationSeconds"].int, now: now())
            changed["status", "certificate"] = .string(encodeBase64(Array(pem.utf8)))
        }
        await requests.reached(try await api.updateStatus(.certificateSigningRequests, changed))
    }
}
