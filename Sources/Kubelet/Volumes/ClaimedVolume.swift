import JSON
import KubeClient
import KubeModel

extension ResourceID {
    static let persistentVolumes = ResourceID("", "v1", "persistentvolumes")
}

/// The persistent volume behind a pod's claim.
struct ClaimedVolume {
    let api: any ObjectAPI

    /// The bound volume; throws why the claim can't be used, in the original's words.
    /// - Parameter claim: the claim's name.
    func find(_ claim: String, of pod: JSON, volume: JSON) async throws(PodConfigError) -> JSON {
        let namespace = pod["metadata"]["namespace"].string ?? ""
        func fault(_ why: String) -> PodConfigError {
            PodConfigError("error processing PVC \(namespace)/\(claim): \(why)")
        }
        let object: JSON, persistent: JSON
        do throws(APIStatus) {
            object = try await api.get(.persistentVolumeClaims, namespace, claim)
        } catch {
            throw fault("failed to fetch PVC from API server: \(error.message)")
        }
        if let why = Self.refusal(claim: object) { throw fault(why) }
        if volume["ephemeral"].object != nil, !Self.isOwned(object, by: pod) {
            throw PodConfigError(
                "PVC \(namespace)/\(claim) was not created for pod \(namespace)/\(pod["metadata"]["name"].string ?? "") "
                    + "(pod is not owner)")
        }
        let name = object["spec"]["volumeName"].string ?? ""
        do throws(APIStatus) {
            persistent = try await api.get(.persistentVolumes, "", name)
        } catch {
            throw fault("failed to fetch PV \(name) from API server: \(error.message)")
        }
        if let why = Self.refusal(volume: persistent, claim: object) { throw fault(why) }
        if persistent["spec"]["volumeMode"].string ?? "Filesystem" != "Filesystem" {
            throw PodConfigError(
                "volume \(volume["name"].string ?? "") has volumeMode Block, but is specified in volumeMounts")
        }
        return persistent
    }

    static func refusal(claim: JSON) -> String? {
        let isProtected = claim["metadata"]["finalizers"].strings.contains("kubernetes.io/pvc-protection")
        if claim["metadata"]["deletionTimestamp"].string != nil, !isProtected { return "PVC is being deleted" }
        if claim["status"]["phase"].string != "Bound" { return "PVC is not bound" }
        if claim["spec"]["volumeName"].string ?? "" == "" { return "PVC has empty pvc.Spec.VolumeName" }
        return nil
    }

    static func refusal(volume: JSON, claim: JSON) -> String? {
        let name = volume["metadata"]["name"].string ?? ""
        let reference = volume["spec"]["claimRef"]
        guard reference.object != nil else {
            return
                "found PV object \(name) but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim"
        }
        let wanted = claim["metadata"]["uid"].string ?? "", found = reference["uid"].string ?? ""
        if wanted == found { return nil }
        return "found PV object \(name) but its pv.Spec.ClaimRef.UID \(found) does not point to claim.UID \(wanted)"
    }

    private static func isOwned(_ object: JSON, by pod: JSON) -> Bool {
        (object["metadata"]["ownerReferences"].array ?? []).contains {
            $0["controller"].bool == true && $0["uid"] == pod["metadata"]["uid"]
        }
    }

    /// Whether the volume may be used on a node with these labels.
    static func isReachable(_ volume: JSON, from labels: JSON) -> Bool {
        let required = volume["spec"]["nodeAffinity"]["required"]
        guard let terms = required["nodeSelectorTerms"].array else { return true }
        return terms.contains { term in
            let expressions = term["matchExpressions"].array ?? []
            return !expressions.isEmpty && expressions.allSatisfy { matches($0, labels) }
        }
    }

    private static func matches(_ expression: JSON, _ labels: JSON) -> Bool {
        let value = labels[expression["key"].string ?? ""].string
        let values = expression["values"].strings
        switch expression["operator"].string ?? "" {
        case "In": return value.map(values.contains) ?? false
        case "NotIn": return value.map { !values.contains($0) } ?? true
        case "Exists": return value != nil
        case "DoesNotExist": return value == nil
        case "Gt", "Lt":
            guard let own = value.flatMap({ Int($0) }), let other = values.first.flatMap({ Int($0) }) else {
                return false
            }
            return expression["operator"].string == "Gt" ? own > other : own < other
        default: return false
        }
    }
}
