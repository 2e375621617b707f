import JSON

/// `storage.k8s.io` VolumeAttachment: asks for a volume to be attached to a node.
enum VolumeAttachment {
    /// In bytes; the API's own limits.
    private static let largestMetadata = 262_144
    private static let longestMessage = 1_024

    static let rules: KindRules = {
        var rules = KindRules(group: StorageNames.group, kind: "VolumeAttachment")
        rules.allowsUnconditionalUpdate = false
        rules.keepStatusApart(empty: ["attached": false], keepsMetadata: true)
        rules.validate = { object in
            let (spec, path) = (object["spec"], FieldPath("spec"))
            let driver = spec.text("attacher")
            let faults = driver.isEmpty ? [] : StorageNames.driverFaults(driver, path["attacher"])
            return faults + validate(object)
        }
        rules.validateUpdate = change
        rules.validateStatusUpdate = change
        rules.table = table
        return rules
    }()

    private static func validate(_ object: JSON) -> [FieldError] {
        let (spec, status) = (object["spec"], object["status"])
        let (path, statusPath) = (FieldPath("spec"), FieldPath("status"))
        let node = spec.text("nodeName")
        var faults = SpecFaults.missing(spec, path, "attacher")
        faults += sourceFaults(spec["source"], path["source"])
        faults += SpecFaults.named(path["nodeName"], node, Names.dnsSubdomain(node))
        if StorageNames.size(of: status["attachmentMetadata"].stringMap) > largestMetadata {
            faults.append(.tooLong(statusPath["attachmentMetadata"], maxLength: largestMetadata))
        }
        return faults
            + ["attachError", "detachError"].flatMap { errorFaults(status[$0], statusPath[$0]) }
    }

    private static func sourceFaults(_ source: JSON, _ path: FieldPath) -> [FieldError] {
        let detail = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
        switch (source.has("inlineVolumeSpec"), source["persistentVolumeName"].string) {
        case (false, nil): return [.required(path, detail)]
        case (true, _?): return [.forbidden(path, detail)]
        case (false, ""):
            return [.required(path["persistentVolumeName"], "must specify non empty persistentVolumeName")]
        case (true, nil): return PersistentVolumeFaults.inline(source["inlineVolumeSpec"], path["inlineVolumeSpec"]).all
        case (false, let name?): return SpecFaults.named(path["persistentVolumeName"], name, Names.dnsSubdomain(name))
        }
    }

    private static func errorFaults(_ error: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        if error.text("message").utf8.count > longestMessage {
            // The original names the other limit.
            faults.append(.tooLong(path["message"], maxLength: largestMetadata))
        }
        if let code = error["errorCode"].int, code < 0 {
            let detail = "must be between 0 and \(Int32.max), inclusive"
            faults.append(.invalid(path["errorCode"], .init(code), detail))
        }
        return faults
    }

    @Sendable private static func change(_ new: JSON, _ old: JSON) -> [FieldError] {
        if SemanticEquality.equal(new["spec"], old["spec"]) { return validate(new) }
        let (spec, source) = (new["spec"], new["spec"]["source"])
        let form: JSON = [
            "Attacher": .string(spec.text("attacher")),
            "Source": [
                "PersistentVolumeName": source["persistentVolumeName"],
                "InlineVolumeSpec": source["inlineVolumeSpec"],
            ],
            "NodeName": .string(spec.text("nodeName")),
        ]
        return validate(new) + [SpecFaults.invalid(FieldPath("spec"), internalForm: form, SpecFaults.isImmutable)]
    }

    private static let table = KindTable([
        .objectName,
        .init("Attacher", format: "name", "The driver that attaches."),
        .init("PV", "The volume."),
        .init("Node", "The node."),
        .init("Attached", type: "boolean", "Whether the volume is attached."),
        .objectAge,
    ]) { object, now in
        let spec = object["spec"]
        return [
            KindTable.Cell.name(object), .string(spec.text("attacher")),
            .string(spec["source"].text("persistentVolumeName")), .string(spec.text("nodeName")),
            .bool(object["status"].flag("attached")), KindTable.Cell.age(object, now),
        ]
    }
}
