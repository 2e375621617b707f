import JSON

/// `certificates.k8s.io` CertificateSigningRequest. Whether the request's signature holds is for the server, and so is
/// who asked.
package enum CertificateSigningRequest {
    static let rules: KindRules = {
        var rules = KindRules(group: SignerName.group, kind: "CertificateSigningRequest")
        rules.nameRule = .pathSegment
        rules.prepareForCreate = { $0["status"] = [:] }
        rules.prepareForUpdate = { new, old in
            new["spec"] = old["spec"]
            if old.has("status") { new["status"] = old["status"] } else { new.remove("status") }
        }
        rules.prepareForStatusUpdate = { new, old in
            new["spec"] = old["spec"]
            for type in ["Approved", "Denied"] { keepConditions(of: type, &new, old) }
        }
        rules.subresourceUpdates["approval"] = .init(
            prepare: { new, old in
                let conditions = new["status"]["conditions"]
                new["spec"] = old["spec"]
                new["status"] = old.has("status") ? old["status"] : [:]
                if conditions.isNull {
                    new.edit("status") { $0.remove("conditions") }
                } else {
                    new["status", "conditions"] = conditions
                }
            },
            validate: { CertificateRequestFaults.change($0, $1, mayApprove: true) })
        rules.validate = { CertificateRequestFaults.all($0, old: nil) }
        rules.validateUpdate = { CertificateRequestFaults.change($0, $1) }
        rules.validateStatusUpdate = { CertificateRequestFaults.change($0, $1, mayIssue: true) }
        rules.selectableFields = { ["spec.signerName": $0["spec"].text("signerName")] }
        rules.table = table
        return rules
    }()

    /// Conditions of the type stay what they were, where there are as many as before.
    private static func keepConditions(of type: String, _ new: inout JSON, _ old: JSON) {
        let before = old["status"].list("conditions").filter { $0.text("type") == type }
        var conditions = new["status"].list("conditions")
        let places = conditions.indices.filter { conditions[$0].text("type") == type }
        guard !places.isEmpty, places.count == before.count else { return }
        for (place, condition) in zip(places, before) { conditions[place] = condition }
        new["status", "conditions"] = .array(conditions)
    }

    /// Times of conditions that their writer left out; the server calls it after the update has been prepared.
    /// - Parameter now: RFC 3339, whole seconds.
    package static func fillTimes(_ new: inout JSON, _ old: JSON, now: String) {
        let before = old["status"].list("conditions")
        new.edit("status") { status in
            status.editEach("conditions") { condition in
                condition.fillMissing("lastUpdateTime", .string(now))
                let same = before.first { one in
                    one["type"] == condition["type"] && one["status"] == condition["status"]
                        && one.has("lastTransitionTime")
                }
                condition.fillMissing("lastTransitionTime", same?["lastTransitionTime"] ?? .string(now))
            }
        }
    }

    private static let table = KindTable([
        .objectName, .objectAge,
        .init("SignerName", "Who is to sign."),
        .init("Requestor", "Who asked."),
        .init("RequestedDuration", "How long the certificate should be good for."),
        .init("Condition", "Whether it has been approved, denied, and issued."),
    ]) { object, now in
        let (spec, status) = (object["spec"], object["status"])
        let types = Set(status.list("conditions").map { $0.text("type") })
        var condition = types.contains("Denied") ? "Denied" : types.contains("Approved") ? "Approved" : "Pending"
        if types.contains("Failed") { condition += ",Failed" }
        if !status.text("certificate").isEmpty { condition += ",Issued" }
        let duration = spec["expirationSeconds"].int.map { AgeText.of(seconds: Double($0)) }
        let signer = spec.text("signerName")
        return [
            KindTable.Cell.name(object), KindTable.Cell.age(object, now),
            .string(signer.isEmpty ? "<none>" : signer), .string(spec.text("username")),
            .string(duration ?? "<none>"), .string(condition),
        ]
    }
}
