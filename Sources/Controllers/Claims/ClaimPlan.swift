import JSON
import KubeModel

/// Whose a dependent is: owners adopt what their selector matches and nobody controls, and release what it no longer
/// matches.
struct ClaimPlan: Equatable {
    var owned: [JSON] = []
    var adopted: [JSON] = []
    var released: [JSON] = []

    init(_ candidates: [JSON], owner: JSON, selector: LabelSelector) {
        for object in candidates {
            let matches = selector.matches(object.labels)
            if let reference = object.controllerReference {
                guard reference.text("uid") == owner.uid else { continue }
                if matches {
                    owned.append(object)
                } else if !owner.isBeingDeleted {
                    released.append(object)
                }
            } else if matches, !owner.isBeingDeleted, !object.isBeingDeleted {
                adopted.append(object)
            }
        }
    }

    /// The strategic patch by which an owner adopts.
    static func adoption(of object: JSON, by owner: JSON) -> JSON {
        [
            "metadata": [
                "ownerReferences": [OwnerReferences.make(to: owner, isController: true)], "uid": .string(object.uid),
            ]
        ]
    }

    /// The strategic patch that takes owners away.
    static func release(of object: JSON, from owners: [String]) -> JSON {
        [
            "metadata": [
                "ownerReferences": .array(owners.map { ["$patch": "delete", "uid": .string($0)] }),
                "uid": .string(object.uid),
            ]
        ]
    }
}
