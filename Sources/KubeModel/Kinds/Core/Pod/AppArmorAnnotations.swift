import JSON

/// AppArmor profiles in annotations, which fields took the place of in 1.30.
package enum AppArmorAnnotations {
    static let prefix = "container.apparmor.security.beta.kubernetes.io/"
    private static let words = "deprecated since v1.30; use the \"appArmorProfile\" field instead"

    /// Gives a new pod's containers the profiles that only its annotations name.
    /// - Returns: sentences for its creator.
    package static func adopt(_ pod: inout JSON) -> [String] {
        let annotations = pod["metadata"].map("annotations")
        guard !annotations.isEmpty, pod["spec", "os"].text("name") != "windows" else { return [] }
        let whole = pod["spec", "securityContext"]["appArmorProfile"]
        var warnings: [String] = []
        pod.edit("spec") { spec in
            for list in PodSpecRules.containerLists {
                spec.editEach(list) { container in
                    let key = prefix + container.text("name")
                    guard let text = annotations[key]?.string, !container["securityContext"].has("appArmorProfile")
                    else { return }
                    if let profile = Self.profile(text) {
                        guard profile != whole else { return }
                        if !container.has("securityContext") { container["securityContext"] = [:] }
                        container["securityContext", "appArmorProfile"] = profile
                    }
                    warnings.append("\(FieldPath("metadata.annotations")[key: key]): \(words)")
                }
            }
        }
        return warnings
    }

    /// Of a pod template, whose annotations stay what they are.
    static func warnings(_ spec: JSON, _ annotations: JSONObject, _ path: FieldPath) -> [String] {
        let whole = spec["securityContext"]["appArmorProfile"]
        return WindowsRules.containers(spec, FieldPath()).compactMap { container, _ in
            let key = prefix + container.text("name")
            guard let text = annotations[key]?.string, !container["securityContext"].has("appArmorProfile"),
                whole.isNull || profile(text) != whole
            else { return nil }
            return "\(path[key: key]): \(words)"
        }
    }

    /// The field that says the same; nil when there is none.
    private static func profile(_ text: String) -> JSON? {
        switch text {
        case "", "runtime/default": return ["type": "RuntimeDefault"]
        case "unconfined": return ["type": "Unconfined"]
        default:
            let name = text.dropFirst("localhost/".count)
            guard text.hasPrefix("localhost/"), !name.isEmpty else { return nil }
            return ["type": "Localhost", "localhostProfile": .string(String(name))]
        }
    }
}
