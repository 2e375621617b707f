import CommandLine
import JSON

/// What a kustomization file may say, and in which form; faults in the original's words.
enum KustomizationForm {
    private indirect enum Shape: Sendable {
        case string, boolean, number, anything
        case map
        case list(Shape)
        /// - `embedded`: the name of a part whose members are written as the whole's own.
        case object(_ name: String, _ members: [String: Shape], embedded: String = "")

        var goName: String {
            switch self {
            case .string: "string"
            case .boolean: "bool"
            case .number: "int64"
            case .anything: "interface {}"
            case .map: "map[string]string"
            case .list(let element): "[]\(element.goName)"
            case .object(let name, _, _): "types.\(name)"
            }
        }
    }

    private static let options = Shape.object(
        "GeneratorOptions",
        ["labels": .map, "annotations": .map, "disableNameSuffixHash": .boolean, "immutable": .boolean])
    private static let selector = Shape.object(
        "Selector",
        [
            "group": .string, "version": .string, "kind": .string, "name": .string, "namespace": .string,
            "annotationSelector": .string, "labelSelector": .string,
        ])
    private static let patch = Shape.object(
        "Patch", ["path": .string, "patch": .string, "target": selector, "options": .anything])
    private static let generator: [String: Shape] = [
        "namespace": .string, "name": .string, "behavior": .string, "literals": .list(.string),
        "files": .list(.string), "envs": .list(.string), "env": .string, "options": options,
    ]
    private static let whole = Shape.object(
        "Kustomization",
        [
            "apiVersion": .string, "kind": .string, "metadata": .anything, "openapi": .anything, "namePrefix": .string,
            "nameSuffix": .string, "namespace": .string, "commonLabels": .map, "commonAnnotations": .map,
            "labels": .list(
                .object(
                    "Label",
                    [
                        "pairs": .map, "includeSelectors": .boolean, "includeTemplates": .boolean,
                        "fields": .anything,
                    ])),
            "patchesStrategicMerge": .list(.string), "patchesJson6902": .list(patch), "patches": .list(patch),
            "images": .list(
                .object(
                    "Image",
                    [
                        "name": .string, "newName": .string, "tagSuffix": .string, "newTag": .string,
                        "digest": .string,
                    ])),
            "imageTags": .anything, "replacements": .anything,
            "replicas": .list(.object("Replica", ["name": .string, "count": .number])), "vars": .anything,
            "sortOptions": .anything, "resources": .list(.string), "components": .list(.string),
            "crds": .list(.string), "bases": .list(.string),
            "configMapGenerator": .list(.object("ConfigMapArgs", generator, embedded: "GeneratorArgs")),
            "secretGenerator": .list(
                .object(
                    "SecretArgs", generator.merging(["type": .string]) { $1 }, embedded: "GeneratorArgs")),
            "helmGlobals": .anything, "helmCharts": .anything, "helmChartInflationGenerator": .anything,
            "generatorOptions": options, "configurations": .list(.string), "generators": .list(.string),
            "transformers": .list(.string), "validators": .list(.string), "buildMetadata": .list(.string),
        ])

    /// What is out of date, and what takes its place.
    private static let old = [
        ("bases", "resources", ""), ("commonLabels", "labels", ""), ("imageTags", "images", ""),
        ("patchesJson6902", "patches", ""), ("patchesStrategicMerge", "patches", ""),
        ("vars", "replacements", " [EXPERIMENTAL]"),
    ]

    /// Throws for what can't be read as a kustomization.
    /// - Returns: what is out of date in it, a line each.
    static func check(_ settings: JSON) throws -> [String] {
        guard let members = settings.object ?? (settings.isNull ? JSONObject() : nil) else {
            throw fault("cannot unmarshal \(kind(settings)) into Go value of type types.Kustomization")
        }
        if let problem = problem(settings, whole, owner: "Kustomization", path: "") { throw fault(problem) }
        guard members.contains(where: { !["apiVersion", "kind"].contains($0.key) && !isZero($0.value) }) else {
            throw Refusal("kustomization.yaml is empty")
        }
        return old.filter { !settings[$0.0].isNull }.map { name, new, note in
            "# Warning: '\(name)' is deprecated. Please use '\(new)' instead.\(note) Run 'kustomize edit fix' to update "
                + "your Kustomization automatically."
        }
    }

    private static func fault(_ text: String) -> Refusal { Refusal("invalid Kustomization: json: \(text)") }

    private static func isZero(_ value: JSON) -> Bool { value.isNull || value.string == "" }

    private static func kind(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .int, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// The first in the order of the names; nil: there is none.
    /// - Parameters:
    ///   - owner: the struct around the value, as Go names it.
    ///   - path: the names of the fields from the file on.
    private static func problem(_ value: JSON, _ shape: Shape, owner: String, path: String) -> String? {
        func wrong(_ value: JSON, _ type: String) -> String {
            "cannot unmarshal \(kind(value)) into Go struct field \(owner).\(path) of type \(type)"
        }
        if value.isNull { return nil }
        switch (shape, value) {
        case (.anything, _), (.string, .string), (.boolean, .bool), (.number, .int): return nil
        case (.map, .object(let members)):
            let bad = members.sortedByKey().first { $0.value.string == nil && !$0.value.isNull }
            return bad.map { wrong($0.value, "string") }
        case (.list(let element), .array(let list)):
            return list.lazy.compactMap { problem($0, element, owner: owner, path: path) }.first
        case (.object(let name, let shapes, let embedded), .object(let members)):
            for (key, value) in members.sortedByKey() {
                guard let shape = shapes[key] else { return "unknown field \(key.quoted)" }
                let isEmbedded = !embedded.isEmpty && key != "type"
                let inner = (path.isEmpty ? "" : "\(path).") + (isEmbedded ? "\(embedded)." : "") + key
                if let problem = problem(value, shape, owner: name, path: inner) { return problem }
            }
            return nil
        default: return wrong(value, shape.goName)
        }
    }
}
