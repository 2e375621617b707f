import JSON

/// A pod's specification as the original prints its own struct of it.
enum PodInternalForm {
    /// What the struct holds in its security context, before the rest of that.
    private static let hosts = ["HostNetwork", "HostPID", "HostIPC", "ShareProcessNamespace", "HostUsers"]
    /// Members that stand behind another one than in v1.
    private static let moved = [
        "SetHostnameAsFQDN": "Subdomain", "PreemptionPolicy": "Priority", "Overhead": "RuntimeClassName",
    ]

    static func template(_ template: JSON) -> JSON {
        var form = template["metadata"].object ?? JSONObject()
        form["Spec"] = of(template["spec"])
        return .object(form)
    }

    static func of(_ spec: JSON) -> JSON {
        guard let form = GoForm.of(spec, "core.v1.PodSpec").object else { return spec }
        var security = JSONObject(hosts.map { ($0, form[$0] ?? .null) })
        if let own = form["SecurityContext"]?.object {
            for (name, value) in own { security[name] = value }
        } else {
            security = JSONObject()
        }
        var out = JSONObject()
        for (name, value) in form where !hosts.contains(name) && name != "ServiceAccount" && moved[name] == nil {
            out[name] = name == "SecurityContext" && !security.isEmpty ? .object(security) : value
            for (late, place) in moved where place == name { out[late] = form[late] }
        }
        return .object(out)
    }
}
