import CommandLine
import JSON
import KubeClient
import KubeModel

enum ContainerText {
    /// - Parameters:
    ///   - statuses: nil for a template's containers.
    ///   - pod: for the values of its own fields; nil for templates.
    static func list(
        _ title: String, _ containers: [JSON], _ statuses: [JSON]?, _ pod: JSON?, _ space: String,
        _ text: inout DescribedText
    ) {
        text.line(0, "\(space)\(title):\(containers.isEmpty ? " <none>" : "")")
        for container in containers {
            let status = statuses?.first { $0["name"] == container["name"] }
            basics(container, status, space, &text)
            command(container, &text)
            if let status { state(status, &text) }
            resources(container["resources"], 2, &text)
            probes(container, &text)
            if container["envFrom"].array?.isEmpty == false { sources(container, &text) }
            variables(container, pod, &text)
            mounts(container, &text)
        }
    }

    private static func basics(_ container: JSON, _ status: JSON?, _ space: String, _ text: inout DescribedText) {
        text.line(1, "\(space.isEmpty ? "" : " ")\(container["name"].plain):")
        if let status { text.pair(2, "Container ID", status["containerID"].plain) }
        text.pair(2, "Image", container["image"].plain)
        if let status { text.pair(2, "Image ID", status["imageID"].plain) }
        for (label, member) in [("Port", "containerPort"), ("Host Port", "hostPort")] {
            let ports = (container["ports"].array ?? []).map { port -> String in
                let name = port["name"].plain
                return "\(port[member].int ?? 0)/\(port["protocol"].plain)" + (name.isEmpty ? "" : " (\(name))")
            }
            text.pair(
                2, ports.count > 1 ? "\(label)s" : label, ports.isEmpty ? "<none>" : ports.joined(separator: ", "))
        }
        let profile = container["securityContext"]["seccompProfile"]
        if !profile.isNull {
            text.pair(2, "SeccompProfile", profile["type"].plain)
            if profile["type"].string == "Localhost" {
                text.pair(3, "LocalhostProfile", profile["localhostProfile"].plain)
            }
        }
    }

    private static func command(_ container: JSON, _ text: inout DescribedText) {
        for (title, member) in [("Command", "command"), ("Args", "args")] {
            let words = container[member].strings
            if words.isEmpty { continue }
            text.line(2, "\(title):")
            for word in words { for line in word.parts("\n") { text.line(3, line) } }
        }
    }

    private static func state(_ status: JSON, _ text: inout DescribedText) {
        one("State", status["state"], &text)
        if !status["lastState"]["terminated"].isNull { one("Last State", status["lastState"], &text) }
        text.pair(2, "Ready", status["ready"].bool == true ? "True" : "False")
        text.pair(2, "Restart Count", "\(status["restartCount"].int ?? 0)")
    }

    private static func one(_ title: String, _ state: JSON, _ text: inout DescribedText) {
        let running = state["running"], terminated = state["terminated"], waiting = state["waiting"]
        if !running.isNull {
            text.pair(2, title, "Running")
            text.pair(3, "Started", DateText.of(running["startedAt"]))
        } else if !terminated.isNull {
            text.pair(2, title, "Terminated")
            if let reason = terminated["reason"].string, !reason.isEmpty { text.pair(3, "Reason", reason) }
            if let message = terminated["message"].string, !message.isEmpty { text.pair(3, "Message", message) }
            text.pair(3, "Exit Code", "\(terminated["exitCode"].int ?? 0)")
            if let signal = terminated["signal"].int, signal > 0 { text.pair(3, "Signal", "\(signal)") }
            text.pair(3, "Started", DateText.of(terminated["startedAt"]))
            text.pair(3, "Finished", DateText.of(terminated["finishedAt"]))
        } else {
            text.pair(2, title, "Waiting")
            if let reason = waiting["reason"].string, !reason.isEmpty { text.pair(3, "Reason", reason) }
        }
    }

    static func resources(_ resources: JSON, _ level: Int, _ text: inout DescribedText) {
        for (title, member) in [("Limits", "limits"), ("Requests", "requests")] {
            let amounts = resources[member].object?.sortedByKey() ?? JSONObject()
            if amounts.isEmpty { continue }
            text.line(level, "\(title):")
            for (name, amount) in amounts { text.pair(level + 1, name, amount.plain) }
        }
    }

    private static func probes(_ container: JSON, _ text: inout DescribedText) {
        for (title, member) in [
            ("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe"),
        ]
        where !container[member].isNull {
            text.pair(2, title, probe(container[member]))
        }
    }

    private static func probe(_ probe: JSON) -> String {
        let attributes =
            "delay=\(probe["initialDelaySeconds"].int ?? 0)s timeout=\(probe["timeoutSeconds"].int ?? 0)s period=\(probe["periodSeconds"].int ?? 0)s successThreshold=\(probe["successThreshold"].int ?? 0) failureThreshold=\(probe["failureThreshold"].int ?? 0)"
        if !probe["exec"].isNull {
            return "exec \(probe["exec"]["command"].array.map { GoSyntax.plain(.array($0)) } ?? "[]") \(attributes)"
        }
        let http = probe["httpGet"]
        if !http.isNull {
            let scheme = (http["scheme"].string ?? "").lowercased()
            let path = http["path"].plain
            return
                "http-get \(scheme)://\(http["host"].plain):\(http["port"].plain)\(path.hasPrefix("/") || path.isEmpty ? "" : "/")\(path) \(attributes)"
        }
        let socket = probe["tcpSocket"]
        if !socket.isNull { return "tcp-socket \(socket["host"].plain):\(socket["port"].plain) \(attributes)" }
        let call = probe["grpc"]
        if !call.isNull { return "grpc <pod>:\(call["port"].plain) \(call["service"].plain) \(attributes)" }
        return "unknown \(attributes)"
    }

    private static func sources(_ container: JSON, _ text: inout DescribedText) {
        text.line(2, "Environment Variables from:")
        for source in container["envFrom"].array ?? [] {
            let map = source["configMapRef"], secret = source["secretRef"]
            let (kind, reference) = map.isNull ? (secret.isNull ? "" : "Secret", secret) : ("ConfigMap", map)
            let prefix = source["prefix"].plain
            let with = prefix.isEmpty ? "" : " with prefix '\(prefix)'"
            text.line(3, "\(reference["name"].plain)\t\(kind)\(with)\tOptional: \(reference["optional"].bool ?? false)")
        }
    }

    private static func variables(_ container: JSON, _ pod: JSON?, _ text: inout DescribedText) {
        let list = container["env"].array ?? []
        text.line(2, "Environment:\(list.isEmpty ? "\t<none>" : "")")
        for variable in list {
            let name = variable["name"].plain, from = variable["valueFrom"]
            guard !from.isNull else {
                for (at, line) in (variable["value"].string ?? "").parts("\n").enumerated() {
                    text.line(3, at == 0 ? "\(name):\t\(line)" : "\t\(line)")
                }
                continue
            }
            text.line(3, "\(name):\t\(reference(from, container, pod))")
        }
    }

    private static func reference(_ from: JSON, _ container: JSON, _ pod: JSON?) -> String {
        let field = from["fieldRef"], resource = from["resourceFieldRef"]
        if !field.isNull {
            let path = field["fieldPath"].plain
            let value = pod.map { FieldPathText.value(path, $0) } ?? ""
            return "\(value) (\(field["apiVersion"].plain):\(path))"
        }
        if !resource.isNull {
            let name = resource["resource"].plain
            var value = ResourceFieldText.value(name, resource["divisor"], container)
            if value == "0", ["limits.cpu", "limits.memory"].contains(name) { value = "node allocatable" }
            return "\(value) (\(name))"
        }
        let secret = from["secretKeyRef"], map = from["configMapKeyRef"]
        if !secret.isNull {
            return
                "<set to the key '\(secret["key"].plain)' in secret '\(secret["name"].plain)'>\tOptional: \(secret["optional"].bool ?? false)"
        }
        return
            "<set to the key '\(map["key"].plain)' of config map '\(map["name"].plain)'>\tOptional: \(map["optional"].bool ?? false)"
    }

    private static func mounts(_ container: JSON, _ text: inout DescribedText) {
        let mounts = (container["volumeMounts"].array ?? []).sorted { $0["mountPath"].plain < $1["mountPath"].plain }
        text.line(2, "Mounts:\(mounts.isEmpty ? "\t<none>" : "")")
        for mount in mounts {
            var flags = [mount["readOnly"].bool == true ? "ro" : "rw"]
            if let path = mount["subPath"].string, !path.isEmpty { flags.append("path=\(path.quoted)") }
            text.line(3, "\(mount["mountPath"].plain) from \(mount["name"].plain) (\(flags.joined(separator: ",")))")
        }
        let devices = (container["volumeDevices"].array ?? []).sorted {
            $0["devicePath"].plain < $1["devicePath"].plain
        }
        guard !devices.isEmpty else { return }
        text.line(2, "Devices:\(mounts.isEmpty ? "\t<none>" : "")")
        for device in devices { text.line(3, "\(device["devicePath"].plain) from \(device["name"].plain)") }
    }
}

enum FieldPathText {
    /// A pod's own field, as the downward API gives it.
    static func value(_ path: String, _ pod: JSON) -> String {
        if let open = path.firstIndex(of: "["), path.hasSuffix("]") {
            let key = String(path[path.index(after: open)...].dropLast()).trimmingQuotes
            return path[..<open].split(separator: ".").reduce(pod) { $0[String($1)] }[key].string ?? ""
        }
        let found = path.split(separator: ".").reduce(pod) { $0[String($1)] }
        if ["metadata.labels", "metadata.annotations"].contains(path) {
            return found.stringMap.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.quoted)" }.joined(
                separator: "\n")
        }
        if path == "status.podIPs" {
            return (pod["status"]["podIPs"].array ?? []).map { $0["ip"].plain }.joined(separator: ",")
        }
        if path == "status.hostIPs" {
            return (pod["status"]["hostIPs"].array ?? []).map { $0["ip"].plain }.joined(separator: ",")
        }
        return found.plain
    }
}

enum ResourceFieldText {
    /// `limits.cpu` of a container, in units of the divisor, rounded up; 0 where it has none.
    static func value(_ name: String, _ divisor: JSON, _ container: JSON) -> String {
        guard let (member, resource) = name.cut(".") else { return "" }
        let amount = Quantity(container["resources"][member][resource]) ?? .zero
        let unit = Quantity(divisor).flatMap { $0.isZero ? nil : $0 } ?? Quantity(1)
        if resource == "cpu" {
            let per = max(1, unit.milliValue)
            return "\((amount.milliValue + per - 1) / per)"
        }
        let per = max(1, unit.value)
        return "\((amount.value + per - 1) / per)"
    }
}
