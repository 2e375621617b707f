import JSON
import KubeModel

/// Fields of some kinds that take what only the server knows: who asks, what time it is, which uid was drawn.
extension ObjectVerbs {
    /// Of a new object, once it has its name and uid.
    func fillOnCreate(_ object: inout JSON) {
        switch (served.storage.group, resource.kind) {
        case ("batch", "Job"): Job.generateSelector(&object)
        case ("certificates.k8s.io", "CertificateSigningRequest"): fillRequestor(&object)
        case ("", "Pod"):
            request.warnings.add(AppArmorAnnotations.adopt(&object))
            object.edit("status") { status in
                status.editEach("conditions") { $0["lastTransitionTime"] = .string(timestamp) }
            }
        case ("", "PersistentVolume"): object["status"]["lastPhaseTransitionTime"] = .string(timestamp)
        default: return
        }
    }

    /// Of a changed object, after its kind's own upkeep.
    func fillOnChange(_ new: inout JSON, _ old: JSON) {
        switch (served.storage.group, resource.kind) {
        case ("certificates.k8s.io", "CertificateSigningRequest"):
            CertificateSigningRequest.fillTimes(&new, old, now: timestamp)
        case ("", "PersistentVolume"):
            guard new["status"]["phase"] != old["status"]["phase"] else { return }
            new["status"]["lastPhaseTransitionTime"] = .string(timestamp)
        default: return
        }
    }

    /// Signers trust these fields, so nobody sets them but the server.
    private func fillRequestor(_ object: inout JSON) {
        let user = request.user
        for name in ["username", "uid", "groups", "extra"] { object["spec"].remove(name) }
        object["spec"]["username"] = .string(user.name)
        if !user.uid.isEmpty { object["spec"]["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { object["spec"]["groups"] = JSON(user.groups) }
        guard !user.extra.isEmpty else { return }
        var extra = JSONObject()
        for (key, values) in user.extra.sorted(by: { $0.key < $1.key }) { extra[key] = JSON(values) }
        object["spec"]["extra"] = .object(extra)
    }
}
