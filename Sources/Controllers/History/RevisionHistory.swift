import JSON
import KubeModel

/// ControllerRevisions: the templates that a set of pods has had.
enum RevisionHistory {
    static let hashLabel = "controller-revision-hash"

    /// A revision of the owner's template; its name and label are made of the hash.
    static func make(of owner: JSON, number: Int, collisions: Int?) -> JSON {
        let data = data(of: owner)
        let template = owner["spec"]["template"]
        let hash = hash(data, collisions)
        var labels: JSON = template.labels.isNull ? [:] : template.labels
        labels[hashLabel] = .string(hash)
        var metadata: JSON = [
            "name": .string("\(owner.objectName.prefix(223))-\(hash)"), "namespace": owner["metadata"]["namespace"],
            "labels": labels, "ownerReferences": [OwnerReferences.make(to: owner, isController: true)],
        ]
        let annotations = owner["metadata"]["annotations"]
        if !annotations.isNull { metadata["annotations"] = annotations }
        return [
            "apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": metadata, "data": data,
            "revision": JSON(number),
        ]
    }

    /// The patch that brings the template back: `{"spec":{"template":{…,"$patch":"replace"}}}`. In the order of Go's
    /// maps, since clients tell by the bytes whether a revision is the present one.
    static func data(of owner: JSON) -> JSON {
        var template = owner["spec"]["template"]
        template["$patch"] = "replace"
        return sorted(["spec": ["template": template]])
    }

    /// The template of a revision.
    static func template(_ revision: JSON) -> JSON {
        var template = revision["data"]["spec"]["template"]
        template.remove("$patch")
        return template
    }

    /// FNV-1 of the data's text with sorted keys, as Go writes a map.
    static func hash(_ data: JSON, _ collisions: Int?) -> String {
        var hash: UInt32 = 2_166_136_261
        let text = sorted(data).bytes() + Array((collisions.map { "\($0)" } ?? "").utf8)
        for byte in text { hash = hash &* 16_777_619 ^ UInt32(byte) }
        return TemplateHash.safe("\(hash)")
    }

    private static func sorted(_ value: JSON) -> JSON {
        switch value {
        case .object(let members):
            .object(JSONObject(members.sortedByKey().map { ($0.key, sorted($0.value)) }))
        case .array(let elements): .array(elements.map(sorted))
        default: value
        }
    }

    /// The oldest first.
    static func sort(_ revisions: [JSON]) -> [JSON] {
        revisions.sorted { a, b in
            let (x, y) = (number(a), number(b))
            return x == y ? DeploymentRevisions.isOlder(a, b) : x < y
        }
    }

    static func number(_ revision: JSON) -> Int { revision["revision"].int ?? 0 }

    static func next(_ revisions: [JSON]) -> Int { (revisions.map(number).max() ?? 0) + 1 }

    static func isSame(_ a: JSON, _ b: JSON) -> Bool { a["data"].isAlike(b["data"]) }

    /// Revisions beyond the limit that nothing uses any more, the oldest first.
    static func expired(_ revisions: [JSON], live: Set<String>, limit: Int) -> [JSON] {
        let unused = sort(revisions).filter { !live.contains($0.objectName) }
        guard limit >= 0, unused.count > limit else { return [] }
        return Array(unused.prefix(unused.count - limit))
    }
}
