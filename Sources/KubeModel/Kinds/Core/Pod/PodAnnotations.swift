import JSON

/// Annotations that mean something to pods; most of them were fields in the making.
enum PodAnnotations {
    static let mirror = "kubernetes.io/config.mirror"
    private static let deletionCost = "controller.kubernetes.io/pod-deletion-cost"
    private static let appArmor = AppArmorAnnotations.prefix
    static let podSeccomp = "seccomp.security.alpha.kubernetes.io/pod"
    static let containerSeccomp = "container.seccomp.security.alpha.kubernetes.io/"

    static func check(_ metadata: JSON, _ spec: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let annotations = metadata.map("annotations")
        if annotations.isEmpty { return }
        if let value = annotations[mirror], spec.text("nodeName").isEmpty {
            faults.invalid(path[key: mirror], value, "must set spec.nodeName if mirror pod annotation is set")
        }
        if let value = annotations[deletionCost], !isCost(value.string ?? "") {
            faults.invalid(path[key: deletionCost], value, "must be a 32bit integer")
        }
        for (key, value) in annotations {
            if key == podSeccomp || key.hasPrefix(containerSeccomp) {
                checkSeccomp(value.string ?? "", path[key], &faults)
            } else if key.hasPrefix(appArmor) {
                checkAppArmor(key, value.string ?? "", spec, path[key: key], &faults)
            }
        }
    }

    private static func isCost(_ text: String) -> Bool {
        guard let first = text.first else { return false }
        return (first == "-" || text == "0" || ("1"..."9").contains(first)) && Int32(text) != nil
    }

    private static func checkSeccomp(_ profile: String, _ path: FieldPath, _ faults: inout Faults) {
        if ["runtime/default", "docker/default", "unconfined"].contains(profile) { return }
        guard profile.hasPrefix("localhost/") else {
            return faults.invalid(path, .string(profile), "must be a valid seccomp profile")
        }
        FilePaths.checkDescending(String(profile.dropFirst("localhost/".count)), path, &faults)
    }

    private static func checkAppArmor(
        _ key: String, _ profile: String, _ spec: JSON, _ path: FieldPath, _ faults: inout Faults
    ) {
        let name = String(key.dropFirst(appArmor.count))
        if !WindowsRules.containers(spec, FieldPath()).contains(where: { $0.0.text("name") == name }) {
            faults.invalid(path, .string(name), "container not found")
        }
        if !["", "runtime/default", "unconfined"].contains(profile), !profile.hasPrefix("localhost/") {
            faults.invalid(
                path, .string(profile), "invalid AppArmor profile name: \(GoText.quoted(profile))")
        }
    }

    /// An annotation and the field that took its place must not differ.
    static func checkAgreement(_ metadata: JSON, _ spec: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let annotations = metadata.map("annotations")
        if annotations.isEmpty { return }
        let whole = spec["securityContext"]
        if let text = annotations[podSeccomp]?.string, whole.has("seccompProfile") {
            compare(
                text, whole["seccompProfile"], "seccomp", path["securityContext"]["seccompProfile"], &faults)
        }
        for (container, at) in WindowsRules.containers(spec, path) {
            let (name, context) = (container.text("name"), container["securityContext"])
            if let text = annotations[containerSeccomp + name]?.string, context.has("seccompProfile") {
                let path = at["securityContext"]["seccompProfile"]
                compare(text, context["seccompProfile"], "seccomp", path, &faults)
            }
            let profile = context.has("appArmorProfile") ? context["appArmorProfile"] : whole["appArmorProfile"]
            if let text = annotations[appArmor + name]?.string, !profile.isNull, spec["os"].text("name") != "windows" {
                compare(text, profile, "apparmor", at["securityContext"]["appArmorProfile"], &faults)
            }
        }
    }

    private static func compare(
        _ text: String, _ profile: JSON, _ kind: String, _ path: FieldPath, _ faults: inout Faults
    ) {
        let isSame =
            switch profile.text("type") {
            case "Unconfined": text == "unconfined"
            case "RuntimeDefault": text == "runtime/default" || kind == "seccomp" && text == "docker/default"
            case "Localhost": text.hasPrefix("localhost/")
            default: true
            }
        if !isSame {
            faults.forbidden(path["type"], "\(kind) type in annotation and field must match")
        } else if profile.text("type") == "Localhost",
            String(text.dropFirst("localhost/".count)) != profile.text("localhostProfile")
        {
            faults.forbidden(
                path["localhostProfile"], "\(kind) profile in annotation and field must match")
        }
    }

    /// What an update may not do to them.
    static func checkChange(_ new: JSON, _ old: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let (now, before) = (new["metadata"].map("annotations"), old["metadata"].map("annotations"))
        for (key, value) in before where now[key] != value {
            if key.hasPrefix(appArmor) {
                faults.forbidden(path[key: key], "may not remove or update AppArmor annotations")
            }
            if key == mirror { faults.forbidden(path[key: key], "may not remove or update mirror pod annotation") }
        }
        for (key, _) in now where before[key] == nil {
            if key.hasPrefix(appArmor) { faults.forbidden(path[key: key], "may not add AppArmor annotations") }
            if key == mirror { faults.forbidden(path[key: key], "may not add mirror pod annotation") }
        }
        check(new["metadata"], new["spec"], path, &faults)
    }
}
