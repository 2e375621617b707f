import JSON
import KubeModel

extension AdmissionRequest {
    /// Whether the request is for that resource itself, no subresource of it.
    func isFor(_ plural: String, group: String = "") -> Bool { subresource.isEmpty && isOf(plural, group: group) }

    /// Whether the request is for that resource or one of its subresources.
    func isOf(_ plural: String, group: String = "") -> Bool {
        resource.plural == plural && resource.groupVersion.group == group
    }

    /// The object's name as messages give it: before a name is generated, its prefix.
    var shownName: String {
        if !name.isEmpty { return name }
        for member in ["name", "generateName"] {
            if let text = object["metadata", member].string, !text.isEmpty { return text }
        }
        return "Unknown"
    }

    /// 403 `pods "web" is forbidden: WHY`.
    func forbidden(_ why: String) -> APIStatus {
        Forbidden.status(
            group: resource.groupVersion.group, resource: resource.plural, name: shownName, why)
    }
}
