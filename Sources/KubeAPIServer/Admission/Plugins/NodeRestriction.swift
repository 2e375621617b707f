import JSON
import KubeModel
import SwiftASN1
import X509

/// Holds kubelets to their own node, its pods and its leases, where the authorizer can't see the object.
struct NodeRestriction: AdmissionPlugin {
    let name = "NodeRestriction"
    /// Decides on tokens for audiences that no volume of the pod names.
    let authorizer: any Authorizer

    func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation != .connect, let node = NodeName.of(request.user) else { return }
        guard !node.isEmpty else {
            throw request.forbidden("could not determine node from user \(GoText.quoted(request.user.name))")
        }
        switch (request.resource.groupVersion.group, request.resource.plural) {
        case ("", "pods"):
            switch request.subresource {
            case "": try pod(node, request, reader)
            case "status": try podStatus(node, request)
            case "eviction": try eviction(node, request, reader)
            default:
                throw request.forbidden(
                    "unexpected pod subresource \(GoText.quoted(request.subresource)), only 'status' and 'eviction' are "
                        + "allowed")
            }
        case ("", "nodes"): try ownNode(node, request)
        case ("", "persistentvolumeclaims"):
            guard request.subresource == "status" else { throw request.forbidden("may only update PVC status") }
            try claimStatus(node, request)
        case ("", "serviceaccounts"):
            if request.operation == .create, request.subresource == "token" { try await token(node, request, reader) }
        case ("coordination.k8s.io", "leases"):
            guard request.namespace == "kube-node-lease" else {
                throw request.forbidden("can only access leases in the \"kube-node-lease\" system namespace")
            }
            try sameName(node, request, "can only access node lease with the same name as the requesting node")
        case ("storage.k8s.io", "csinodes"):
            try sameName(node, request, "can only access CSINode with the same name as the requesting node")
        case ("resource.k8s.io", "resourceslices"): try slice(node, request)
        case ("certificates.k8s.io", "certificatesigningrequests"): try signingRequest(node, request)
        default: return
        }
    }

    // MARK: pods

    private func pod(_ node: String, _ request: AdmissionRequest, _ reader: any ObjectReader) throws(APIStatus) {
        switch request.operation {
        case .create:
            if let fault = try Self.mirrorFault(node, request, reader) { throw request.forbidden(fault) }
        case .delete:
            let pod = try existing(request, "pods", request.name, reader)
            guard pod["spec"].text("nodeName") == node else {
                throw request.forbidden(
                    "node \(GoText.quoted(node)) can only delete pods with spec.nodeName set to itself")
            }
        default:
            throw request.forbidden(
                "unexpected operation \(GoText.quoted(request.operation.rawValue)), node \(GoText.quoted(node)) can only "
                    + "create and delete mirror pods")
        }
    }

    /// A node makes no pods but copies of its static ones, which may not refer to anything.
    private static func mirrorFault(_ node: String, _ request: AdmissionRequest, _ reader: any ObjectReader)
        throws(APIStatus) -> String?
    {
        let pod = request.object, spec = pod["spec"], who = "node \(GoText.quoted(node))"
        let mirror = "kubernetes.io/config.mirror"
        if pod["metadata", "annotations", mirror].isNull {
            return "pod does not have \(GoText.quoted(mirror)) annotation, \(who) can only create mirror pods"
        }
        if spec.text("nodeName") != node { return "\(who) can only create pods with spec.nodeName set to itself" }
        if let fault = try ownerFault(node, pod["metadata"].list("ownerReferences"), request, reader) { return fault }
        if !spec.text("serviceAccountName").isEmpty {
            return "\(who) can not create pods that reference a service account"
        }
        if !PodReferences.secrets(spec).isEmpty { return "\(who) can not create pods that reference secrets" }
        if !PodReferences.configMaps(spec).isEmpty { return "\(who) can not create pods that reference configmaps" }
        let volumes = spec.list("volumes")
        if volumes.contains(where: { $0["projected"].list("sources").contains { $0.has("clusterTrustBundle") } }) {
            return "\(who) can not create pods that reference clustertrustbundles"
        }
        if volumes.contains(where: { $0.has("persistentVolumeClaim") }) {
            return "\(who) can not create pods that reference persistentvolumeclaims"
        }
        if !spec.list("resourceClaims").isEmpty { return "\(who) can not create pods that reference resourceclaims" }
        return nil
    }

    private static func ownerFault(
        _ node: String, _ owners: [JSON], _ request: AdmissionRequest, _ reader: any ObjectReader
    ) throws(APIStatus) -> String? {
        let who = "node \(GoText.quoted(node))"
        guard owners.count <= 1 else {
            return "\(who) can only create pods with a single owner reference set to itself"
        }
        guard let owner = owners.first, owner["apiVersion"] == "v1", owner["kind"] == "Node", owner.text("name") == node
        else { return "\(who) can only create pods with an owner reference set to itself" }
        guard owner["controller"] == true else {
            return "\(who) can only create pods with a controller owner reference set to itself"
        }
        guard owner["blockOwnerDeletion"] != true else {
            return "\(who) must not set blockOwnerDeletion on an owner reference"
        }
        guard let stored = reader.object(group: "", resource: "nodes", namespace: "", name: node) else {
            throw notFound("node", node)
        }
        let uid = stored["metadata"].text("uid")
        return owner.text("uid") == uid ? nil : "node \(node) UID mismatch: expected \(owner.text("uid")) got \(uid)"
    }

    private func podStatus(_ node: String, _ request: AdmissionRequest) throws(APIStatus) {
        guard request.operation == .update else {
            throw request.forbidden("unexpected operation \(GoText.quoted(request.operation.rawValue))")
        }
        let who = "node \(GoText.quoted(node))"
        guard request.old["spec"].text("nodeName") == node else {
            throw request.forbidden("\(who) can only update pod status for pods with spec.nodeName set to itself")
        }
        guard request.old["metadata", "labels"].stringMap == request.object["metadata", "labels"].stringMap else {
            throw request.forbidden("\(who) cannot update labels through pod status")
        }
        guard
            request.old["status"].list("resourceClaimStatuses")
                == request.object["status"].list("resourceClaimStatuses")
        else { throw request.forbidden("\(who) cannot update resource claim statues") }
    }

    private func eviction(_ node: String, _ request: AdmissionRequest, _ reader: any ObjectReader) throws(APIStatus) {
        guard request.operation == .create else {
            throw request.forbidden("unexpected operation \(request.operation.rawValue)")
        }
        let name = request.name.isEmpty ? request.object["metadata"].text("name") : request.name
        guard !name.isEmpty else { throw request.forbidden("could not determine pod from request data") }
        let pod = try existing(request, "pods", name, reader)
        guard pod["spec"].text("nodeName") == node else {
            throw request.forbidden("node \(node) can only evict pods with spec.nodeName set to itself")
        }
    }

    // MARK: the node and its storage

    private func ownNode(_ node: String, _ request: AdmissionRequest) throws(APIStatus) {
        let who = "node \(GoText.quoted(node))"
        let asked = request.name.isEmpty ? request.object["metadata"].text("name") : request.name
        guard asked == node else {
            throw request.forbidden("\(who) is not allowed to modify node \(GoText.quoted(asked))")
        }
        guard request.operation == .create || request.operation == .update else { return }
        let isCreate = request.operation == .create
        let source = request.object["spec", "configSource"]
        if !source.isNull, isCreate {
            throw request.forbidden("\(who) is not allowed to create pods with a non-nil configSource")
        }
        if !source.isNull, source != request.old["spec", "configSource"] {
            throw request.forbidden("\(who) is not allowed to update configSource to a new non-nil configSource")
        }
        if !isCreate, request.object["spec"].list("taints") != request.old["spec"].list("taints") {
            throw request.forbidden("\(who) is not allowed to modify taints")
        }
        let labels = NodeLabels.forbidden(
            request.object["metadata", "labels"].stringMap, request.old["metadata", "labels"].stringMap)
        guard labels.isEmpty else {
            let list = labels.joined(separator: ", ")
            throw request.forbidden(
                isCreate
                    ? "\(who) is not allowed to set the following labels: \(list)"
                    : "is not allowed to modify labels: \(list)")
        }
    }

    private func claimStatus(_ node: String, _ request: AdmissionRequest) throws(APIStatus) {
        guard request.operation == .update else {
            throw request.forbidden("unexpected operation \(GoText.quoted(request.operation.rawValue))")
        }
        func rest(_ claim: JSON) -> JSON {
            var claim = claim, metadata = claim["metadata"], status = claim["status"]
            for member in ["resourceVersion", "managedFields"] { metadata.remove(member) }
            for member in ["capacity", "conditions", "allocatedResourceStatuses", "allocatedResources"] {
                status.remove(member)
            }
            claim["metadata"] = metadata
            claim["status"] = status.isNull ? [:] : status
            return claim
        }
        guard rest(request.old) == rest(request.object) else {
            throw request.forbidden(
                "node \(GoText.quoted(node)) is not allowed to update fields other than status.quantity and "
                    + "status.conditions")
        }
    }

    private func sameName(_ node: String, _ request: AdmissionRequest, _ fault: String) throws(APIStatus) {
        let asked = request.operation == .create ? request.object["metadata"].text("name") : request.name
        guard asked == node else { throw request.forbidden(fault) }
    }

    private func slice(_ node: String, _ request: AdmissionRequest) throws(APIStatus) {
        switch request.operation {
        case .create where request.object["spec"].text("nodeName") != node:
            throw request.forbidden("can only create ResourceSlice with the same NodeName as the requesting node")
        case .delete where request.old["spec"].text("nodeName") != node:
            throw request.forbidden("can only delete ResourceSlice with the same NodeName as the requesting node")
        default: return
        }
    }

    private func signingRequest(_ node: String, _ request: AdmissionRequest) throws(APIStatus) {
        let signers = ["kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet"]
        guard request.operation == .create, signers.contains(request.object["spec"].text("signerName")) else { return }
        let commonName: String?
        do {
            let bytes = decodeBase64(request.object["spec"].text("request")) ?? []
            let parsed = try CertificateSigningRequest(pemEncoded: String(decoding: bytes, as: UTF8.self))
            commonName = parsed.subject.flatMap { $0 }.last { $0.type == .RDNAttributeType.commonName }
                .flatMap { String($0.value) }
        } catch {
            throw request.forbidden("unable to parse csr: \(error)")
        }
        guard commonName == "system:node:\(node)" else {
            throw request.forbidden("can only create a node CSR with CN=system:node:\(node)")
        }
    }

    // MARK: tokens

    private func token(_ node: String, _ request: AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus)
    {
        let bound = request.object["spec", "boundObjectRef"], name = bound.text("name"), uid = bound.text("uid")
        guard bound["apiVersion"] == "v1", bound["kind"] == "Pod", !name.isEmpty else {
            throw request.forbidden("node requested token not bound to a pod")
        }
        guard !uid.isEmpty else { throw request.forbidden("node requested token with a pod binding without a uid") }
        let pod = try existing(request, "pods", name, reader)
        guard pod["metadata"].text("uid") == uid else {
            throw request.forbidden(
                "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have "
                    + "been deleted and then recreated")
        }
        guard pod["spec"].text("nodeName") == node else {
            throw request.forbidden("node requested token bound to a pod scheduled on a different node")
        }
        let audiences = request.object["spec", "audiences"].strings
        guard audiences.count <= 1 else { throw request.forbidden("node may only request 0 or 1 audiences") }
        let audience = audiences.first ?? ""
        if PodAudiences.contain(audience, pod, reader) { return }
        var asked = RequestAttributes(
            user: request.user, verb: "request-serviceaccounts-token-audience", isResource: true)
        asked.version = "v1"
        asked.resource = audience
        asked.namespace = request.namespace
        asked.name = request.name
        if case .allow = await authorizer.authorize(asked) { return }
        throw request.forbidden(
            "audience \(GoText.quoted(audience)) not found in pod spec volume, \(request.user.name) is not authorized to "
                + "request tokens for this audience")
    }

    private func existing(
        _ request: AdmissionRequest, _ resource: String, _ name: String, _ reader: any ObjectReader
    ) throws(APIStatus) -> JSON {
        guard
            let found = reader.object(group: "", resource: resource, namespace: request.namespace, name: name)
        else { throw Self.notFound("pod", name) }
        return found
    }

    private static func notFound(_ kind: String, _ name: String) -> APIStatus {
        APIStatus(
            code: 404, reason: "NotFound", message: "\(kind) \(GoText.quoted(name)) not found",
            details: ["name": .string(name), "kind": .string(kind)])
    }
}

/// Which labels a node may set on itself: none that would draw others' pods to it.
enum NodeLabels {
    private static let own: Set<String> = [
        "kubernetes.io/hostname", "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
        "node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type", "kubernetes.io/os",
        "kubernetes.io/arch",
        "beta.kubernetes.io/os", "beta.kubernetes.io/arch", "node.kubernetes.io/windows-build",
    ]
    private static let ownDomains = ["kubelet.kubernetes.io", "node.kubernetes.io"]

    /// Changed labels that a node may not change, in order.
    static func forbidden(_ new: [String: String], _ old: [String: String]) -> [String] {
        Set(new.keys).union(old.keys).filter { new[$0] != old[$0] && isForbidden($0) }.sorted()
    }

    private static func isForbidden(_ label: String) -> Bool {
        guard let slash = label.firstIndex(of: "/") else { return false }
        let domain = String(label[..<slash])
        func isIn(_ parent: String) -> Bool { domain == parent || domain.hasSuffix(".\(parent)") }
        if isIn("node-restriction.kubernetes.io") { return true }
        return (isIn("kubernetes.io") || isIn("k8s.io")) && !own.contains(label) && !ownDomains.contains(where: isIn)
    }
}

/// For whom a pod's volumes ask tokens.
enum PodAudiences {
    static func contain(_ audience: String, _ pod: JSON, _ reader: any ObjectReader) -> Bool {
        let namespace = pod["metadata"].text("namespace")
        for volume in pod["spec"].list("volumes") {
            let tokens = volume["projected"].list("sources").map { $0["serviceAccountToken"] }
            if tokens.contains(where: { !$0.isNull && $0.text("audience") == audience }) { return true }
            let claims = PodReferences.claims(["volumes": [volume]], podName: pod["metadata"].text("name"))
            let driver = volume["csi", "driver"].string ?? claims.first.flatMap { csiDriver(namespace, $0, reader) }
            guard let driver,
                let found = reader.object(group: "storage.k8s.io", resource: "csidrivers", namespace: "", name: driver)
            else { continue }
            if found["spec"].list("tokenRequests").contains(where: { $0.text("audience") == audience }) { return true }
        }
        return false
    }

    private static func csiDriver(_ namespace: String, _ claim: String, _ reader: any ObjectReader) -> String? {
        let found = reader.object(group: "", resource: "persistentvolumeclaims", namespace: namespace, name: claim)
        guard let volume = found?["spec", "volumeName"].string else { return nil }
        return reader.object(group: "", resource: "persistentvolumes", namespace: "", name: volume)?[
            "spec", "csi", "driver"
        ]
        .string
    }
}
