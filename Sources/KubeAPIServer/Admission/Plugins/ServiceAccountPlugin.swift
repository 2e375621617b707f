import JSON
import KubeModel

/// Gives pods a service account, its token's volume and its pull secrets.
struct ServiceAccountPlugin: AdmissionPlugin {
    let name = "ServiceAccount"

    static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
    private static let volumePrefix = "kube-api-access-"
    private static let mirror = "kubernetes.io/config.mirror"
    private static let enforceSecrets = "kubernetes.io/enforce-mountable-secrets"

    func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .create, request.isFor("pods") else { return }
        // The kubelet would take a mirror pod whose spec was changed for another one.
        if !request.object["metadata", "annotations", Self.mirror].isNull { return try check(request, reader) }
        var spec = request.object["spec"]
        if spec.text("serviceAccountName").isEmpty {
            let old = spec.text("serviceAccount")
            spec["serviceAccountName"] = .string(old.isEmpty ? "default" : old)
        }
        // The field's old name is kept equal, for clients that read it.
        spec["serviceAccount"] = spec["serviceAccountName"]
        let account = try account(request, spec.text("serviceAccountName"), reader)
        if Self.mounts(spec, account) { Self.mountToken(&spec) }
        if spec.list("imagePullSecrets").isEmpty {
            let secrets = account.list("imagePullSecrets").map { JSON.object(JSONObject([("name", $0["name"])])) }
            if !secrets.isEmpty { spec["imagePullSecrets"] = .array(secrets) }
        }
        request.object["spec"] = spec
        try check(request, reader)
    }

    func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.isOf("pods") else { return }
        switch (request.operation, request.subresource) {
        case (.create, ""): try check(request, reader)
        case (.update, "ephemeralcontainers"): try checkEphemeral(request, reader)
        default: return
        }
    }

    private func account(_ request: AdmissionRequest, _ name: String, _ reader: any ObjectReader) throws(APIStatus)
        -> JSON
    {
        guard
            let found = reader.object(
                group: "", resource: "serviceaccounts", namespace: request.namespace, name: name)
        else {
            throw request.forbidden(
                "error looking up service account \(request.namespace)/\(name): serviceaccount \(GoText.quoted(name)) not "
                    + "found")
        }
        return found
    }

    // MARK: the token's volume

    private static func mounts(_ spec: JSON, _ account: JSON) -> Bool {
        spec["automountServiceAccountToken"].bool ?? account["automountServiceAccountToken"].bool ?? true
    }

    private static func mountToken(_ spec: inout JSON) {
        let existing = spec.list("volumes").first { $0.text("name").hasPrefix(volumePrefix) }
        var random = SystemRandomNumberGenerator()
        let volumeName = existing?.text("name") ?? GeneratedName.make(volumePrefix, using: &random)
        let mount: JSON = ["name": .string(volumeName), "readOnly": true, "mountPath": .string(mountPath)]
        var isNeeded = false
        for list in ["initContainers", "containers"] {
            spec.editEach(list) { container in
                let mounts = container.list("volumeMounts")
                guard !mounts.contains(where: { $0["mountPath"].string == mountPath }) else { return }
                container["volumeMounts"] = .array(mounts + [mount])
                isNeeded = true
            }
        }
        guard existing == nil, isNeeded else { return }
        spec["volumes"] = .array(spec.list("volumes") + [["name": .string(volumeName), "projected": tokenSource]])
    }

    /// The token, the cluster's authority and the pod's namespace, in one folder.
    static let tokenSource: JSON = [
        "sources": [
            ["serviceAccountToken": ["expirationSeconds": 3607, "path": "token"]],
            ["configMap": ["name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]]]],
            [
                "downwardAPI": [
                    "items": [
                        ["path": "namespace", "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"]]
                    ]
                ]
            ],
        ],
        "defaultMode": 420,
    ]

    // MARK: checks

    private func check(_ request: AdmissionRequest, _ reader: any ObjectReader) throws(APIStatus) {
        let spec = request.object["spec"], name = spec.text("serviceAccountName")
        if !request.object["metadata", "annotations", Self.mirror].isNull {
            if !name.isEmpty { throw request.forbidden("a mirror pod may not reference service accounts") }
            if !PodReferences.secrets(spec).isEmpty {
                throw request.forbidden("a mirror pod may not reference secrets")
            }
            let sources = spec.list("volumes").flatMap { $0["projected"].list("sources") }
            if sources.contains(where: { $0.has("serviceAccountToken") }) {
                throw request.forbidden("a mirror pod may not use ServiceAccountToken volume projections")
            }
            return
        }
        guard !name.isEmpty else {
            throw request.forbidden(
                "no service account specified for pod \(request.namespace)/\(request.object["metadata", "name"].string ?? "")"
            )
        }
        let account = try account(request, name, reader)
        guard Self.isLimited(account) else { return }
        if let fault = Self.foreignSecret(spec, account) { throw request.forbidden(fault) }
    }

    private func checkEphemeral(_ request: AdmissionRequest, _ reader: any ObjectReader) throws(APIStatus) {
        let spec = request.object["spec"]
        let account = try account(request, spec.text("serviceAccountName"), reader)
        guard Self.isLimited(account) else { return }
        let mountable = Set(account.list("secrets").map { $0.text("name") })
        let fault = Self.foreignSecret(
            spec.list("ephemeralContainers"), "ephemeral container", mountable, account["metadata"].text("name"))
        if let fault { throw request.forbidden(fault) }
    }

    private static func isLimited(_ account: JSON) -> Bool {
        ["1", "t", "T", "true", "TRUE", "True"]
            .contains(account["metadata", "annotations", enforceSecrets].string ?? "")
    }

    /// Names the first secret that the account doesn't list; nil when there is none.
    private static func foreignSecret(_ spec: JSON, _ account: JSON) -> String? {
        let mountable = Set(account.list("secrets").map { $0.text("name") })
        let accountName = account["metadata"].text("name")
        let end = "is not allowed because service account \(accountName) does not reference that secret"
        for volume in spec.list("volumes") {
            guard let secret = volume["secret", "secretName"].string, !mountable.contains(secret) else { continue }
            return "volume with secret.secretName=\"\(secret)\" \(end)"
        }
        for (list, kind) in [("initContainers", "init container"), ("containers", "container")] {
            if let fault = foreignSecret(spec.list(list), kind, mountable, accountName) { return fault }
        }
        let pullable = Set(account.list("imagePullSecrets").map { $0.text("name") })
        for (at, reference) in spec.list("imagePullSecrets").enumerated() {
            let secret = reference.text("name")
            guard !pullable.contains(secret) else { continue }
            return
                "imagePullSecrets[\(at)].name=\"\(secret)\" is not allowed because service account \(accountName) does "
                + "not reference that imagePullSecret"
        }
        return nil
    }

    private static func foreignSecret(
        _ containers: [JSON], _ kind: String, _ mountable: Set<String>, _ account: String
    ) -> String? {
        let end = "is not allowed because service account \(account) does not reference that secret"
        for container in containers {
            let name = container.text("name")
            for variable in container.list("env") {
                guard let secret = variable["valueFrom", "secretKeyRef", "name"].string, !mountable.contains(secret)
                else { continue }
                return
                    "\(kind) \(name) with envVar \(variable.text("name")) referencing secret.secretName=\"\(secret)\" "
                    + end
            }
            for source in container.list("envFrom") {
                guard let secret = source["secretRef", "name"].string, !mountable.contains(secret) else { continue }
                return "\(kind) \(name) with envFrom referencing secret.secretName=\"\(secret)\" \(end)"
            }
        }
        return nil
    }
}
