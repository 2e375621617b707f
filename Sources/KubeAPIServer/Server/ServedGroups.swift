import Fault
import KubeModel

/// Which group-versions are served: those that are on by default, changed by `--runtime-config`.
struct ServedGroups {
    private let choices: [(what: String, isOn: Bool)]
    private let schema: Schema

    /// Throws for an entry that names nothing.
    init(_ entries: [String], _ schema: Schema) throws(Fault) {
        self.schema = schema
        var choices: [(String, Bool)] = []
        for entry in entries.flatMap({ $0.split(separator: ",") }) {
            let sides = entry.split(separator: "=", maxSplits: 1)
            let what = String(sides[0])
            let isOn = sides.count == 1 || sides[1] == "true"
            let isKnown =
                ["api/all", "api/ga", "api/beta", "api/alpha"].contains(what)
                || schema.groupVersions.contains { $0.description == what }
            guard isKnown, sides.count == 1 || ["true", "false"].contains(sides[1]) else {
                throw Fault(
                    .invalid,
                    "--runtime-config \(entry) is not GROUP/VERSION, api/all, api/ga, api/beta or api/alpha"
                        + " with =true or =false")
            }
            choices.append((what, isOn))
        }
        self.choices = choices
    }

    /// The more exact choice wins: a group-version's own, then its stage's, then `api/all`.
    func isServed(_ groupVersion: GroupVersion) -> Bool {
        let version = groupVersion.version
        let stage = version.contains("alpha") ? "api/alpha" : version.contains("beta") ? "api/beta" : "api/ga"
        for what in [groupVersion.description, stage, "api/all"] {
            if let choice = choices.last(where: { $0.what == what }) { return choice.isOn }
        }
        return schema.isOnByDefault(groupVersion)
    }

    /// The resources that are served, each with its kind's rules and its place in the store.
    var resources: [ServedResource] {
        schema.resources.filter { isServed($0.groupVersion) }.map { resource in
            let group = resource.storageGroup
            return ServedResource(
                resource, AllKinds.rules(group: resource.groupVersion.group, kind: resource.kind),
                prefix: "/registry/\(group.isEmpty ? "core" : group)/\(resource.plural)/",
                storage: GroupVersion(group, resource.storageVersion),
                conversion: BuiltInConversions.find(resource))
        }
    }
}
