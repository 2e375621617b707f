import JSON

/// Environment variables and the references in them.
enum EnvironmentRules {
    static func checkVariables(_ variables: [JSON], _ path: FieldPath, _ faults: inout Faults) {
        for (index, variable) in variables.enumerated() {
            faults.checkRequired(variable.text("name"), path[index]["name"], Names.relaxedEnvVarName)
            guard variable.has("valueFrom") else { continue }
            checkSource(variable, path[index]["valueFrom"], &faults)
        }
    }

    private static let sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"]

    private static func checkSource(_ variable: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let source = variable["valueFrom"]
        let present = sources.filter { source.has($0) }
        for name in present {
            let (reference, path) = (source[name], path[name])
            switch name {
            case "fieldRef": FieldReferences.checkField(reference, FieldReferences.forVariables, path, &faults)
            case "resourceFieldRef": FieldReferences.checkResource(reference, isVolume: false, path, &faults)
            case "fileKeyRef": checkFileKey(reference, path, &faults)
            default: checkKey(reference, path, &faults)
            }
        }
        if present.isEmpty {
            faults.invalid(
                path, "",
                "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
            )
        } else if !variable.text("value").isEmpty {
            faults.invalid(path, "", "may not be specified when `value` is not empty")
        } else if present.count > 1 {
            faults.invalid(path, "", "may not have more than one field specified at a time")
        }
    }

    private static func checkKey(_ reference: JSON, _ path: FieldPath, _ faults: inout Faults) {
        faults.check(reference.text("name"), path["name"], Names.dnsSubdomain)
        faults.checkRequired(reference.text("key"), path["key"], Names.configMapKey)
    }

    private static func checkFileKey(_ reference: JSON, _ path: FieldPath, _ faults: inout Faults) {
        faults.checkRequired(reference.text("key"), path["key"], Names.envVarName)
        faults.checkPresent(reference, "volumeName", path)
        let file = reference.text("path")
        if file.isEmpty {
            faults.required(path["path"])
        } else {
            FilePaths.checkOrdinary(file, path["path"], &faults)
        }
    }

    /// `envFrom`. Faults about the choice of source stand at the whole list, as the original's do.
    static func checkSources(_ sources: [JSON], _ path: FieldPath, _ faults: inout Faults) {
        for (index, source) in sources.enumerated() {
            let prefix = source.text("prefix")
            if !prefix.isEmpty { faults.check(prefix, path[index]["prefix"], Names.relaxedEnvVarName) }
            let present = ["configMapRef", "secretRef"].filter { source.has($0) }
            for name in present {
                let path = path[index][name]["name"]
                faults.checkRequired(source[name].text("name"), path) { name in
                    // A dash at the end is allowed here, as it is before a generated part.
                    Names.dnsSubdomain(name.hasSuffix("-") ? "\(name.dropLast())a" : name)
                }
            }
            if present.isEmpty {
                faults.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
            } else if present.count > 1 {
                faults.invalid(path, "", "may not have more than one field specified at a time")
            }
        }
    }
}
