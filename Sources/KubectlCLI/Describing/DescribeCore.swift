import JSON
import KubeClient
import KubeModel

extension ObjectDescriber {
    func service(_ text: inout DescribedText) async {
        let spec = object["spec"]
        text.metadata(object, isNamespaced: true)
        text.labelsAndAnnotations(object)
        text.pair(0, "Selector", TablePrinter.labels(spec["selector"].stringMap))
        text.pair(0, "Type", spec["type"].plain)
        if !spec["ipFamilyPolicy"].isNull { text.pair(0, "IP Family Policy", spec["ipFamilyPolicy"].plain) }
        func list(_ member: String) -> String {
            let values = spec[member].strings
            return values.isEmpty ? "<none>" : values.joined(separator: ",")
        }
        text.pair(0, "IP Families", list("ipFamilies"))
        text.pair(0, "IP", spec["clusterIP"].plain)
        text.pair(0, "IPs", list("clusterIPs"))
        if spec["externalIPs"].array?.isEmpty == false { text.pair(0, "External IPs", list("externalIPs")) }
        if !spec["loadBalancerIP"].plain.isEmpty {
            text.pair(0, "Desired LoadBalancer IP", spec["loadBalancerIP"].plain)
        }
        if !spec["externalName"].plain.isEmpty { text.pair(0, "External Name", spec["externalName"].plain) }
        let balancers = object["status"]["loadBalancer"]["ingress"].array ?? []
        if !balancers.isEmpty {
            let all = balancers.map { entry -> String in
                guard let address = entry["ip"].string, !address.isEmpty else { return entry["hostname"].plain }
                return address + (entry["ipMode"].isNull ? "" : " (\(entry["ipMode"].plain))")
            }
            text.pair(0, "LoadBalancer Ingress", all.joined(separator: ", "))
        }
        let slices =
            (try? await self.list(.endpointSlices, item.namespace, labels: "kubernetes.io/service-name=\(item.name)"))
            ?? []
        for port in spec["ports"].array ?? [] { servicePort(port, slices, &text) }
        text.pair(0, "Session Affinity", spec["sessionAffinity"].plain)
        for (label, member) in [
            ("External Traffic Policy", "externalTrafficPolicy"), ("Internal Traffic Policy", "internalTrafficPolicy"),
        ] where !spec[member].plain.isEmpty { text.pair(0, label, spec[member].plain) }
        if let port = spec["healthCheckNodePort"].int, port != 0 { text.pair(0, "HealthCheck NodePort", "\(port)") }
        if spec["loadBalancerSourceRanges"].array?.isEmpty == false {
            text.pair(0, "LoadBalancer Source Ranges", list("loadBalancerSourceRanges"))
        }
        if !spec["trafficDistribution"].isNull {
            text.pair(0, "Traffic Distribution", spec["trafficDistribution"].plain)
        }
        text.events(await events())
    }

    private func servicePort(_ port: JSON, _ slices: [JSON], _ text: inout DescribedText) {
        let name = port["name"].plain.isEmpty ? "<unset>" : port["name"].plain, transport = port["protocol"].plain
        text.pair(0, "Port", "\(name)\t\(port["port"].plain)/\(transport)")
        text.pair(0, "TargetPort", "\(port["targetPort"].plain)/\(transport)")
        if !port["appProtocol"].isNull { text.pair(0, "AppProtocol", port["appProtocol"].plain) }
        if let number = port["nodePort"].int, number != 0 {
            text.pair(0, "NodePort", "\(name)\t\(number)/\(transport)")
        }
        text.pair(0, "Endpoints", Self.addresses(slices, port: port["name"].plain))
    }

    /// Ready addresses of the port of that name; the first three, and how many more there are.
    static func addresses(_ slices: [JSON], port name: String) -> String {
        guard !slices.isEmpty else { return "<none>" }
        let most = 3
        var shown: [String] = [], count = 0
        for slice in slices {
            let ports = slice["ports"].array ?? []
            let ready = (slice["endpoints"].array ?? []).filter { $0["conditions"]["ready"].bool != false }
            if ports.isEmpty {
                count += ready.count
                shown += ready.prefix(max(0, most - shown.count)).map { $0["addresses"][0].plain }
            }
            for port in ports where port["name"].plain == name {
                for endpoint in ready {
                    count += 1
                    guard shown.count < most, let address = endpoint["addresses"][0].string else { continue }
                    let host = address.contains(":") ? "[\(address)]" : address
                    shown.append("\(host):\(port["port"].plain)")
                }
            }
        }
        if shown.isEmpty { return "" }
        return shown.joined(separator: ",") + (count > most ? " + \(count - most) more..." : "")
    }

    func namespace(_ text: inout DescribedText) async {
        text.metadata(object, isNamespaced: false)
        text.labelsAndAnnotations(object)
        text.pair(0, "Status", object["status"]["phase"].plain)
        let conditions = object["status"]["conditions"].array ?? []
        if !conditions.isEmpty {
            text.line(0, "Conditions:")
            text.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage")
            text.line(1, "----\t------\t------------------\t------\t-------")
            for condition in conditions {
                text.line(
                    1,
                    [
                        condition["type"].plain, condition["status"].plain,
                        DateText.of(condition["lastTransitionTime"]), condition["reason"].plain,
                        condition["message"].plain,
                    ].joined(separator: "\t"))
            }
        }
        if let quotas = try? await list(.resourceQuotas, item.name) {
            text.line(0, "")
            Self.quotas(quotas, &text)
        }
        if let ranges = try? await list(ResourceID("", "v1", "limitranges"), item.name) {
            text.line(0, "")
            Self.limits(ranges, &text)
        }
    }

    private static func quotas(_ quotas: [JSON], _ text: inout DescribedText) {
        guard !quotas.isEmpty else { return text.line(0, "No resource quota.") }
        text.line(0, "Resource Quotas")
        for quota in quotas.sorted(by: { $0["metadata"]["name"].plain < $1["metadata"]["name"].plain }) {
            text.pair(1, "Name", quota["metadata"]["name"].plain)
            let scopes = quota["spec"]["scopes"].strings.sorted()
            if !scopes.isEmpty {
                text.pair(1, "Scopes", scopes.joined(separator: ", "))
                for scope in scopes { if let help = scopeHelp[scope] { text.line(1, "* \(help)") } }
            }
            text.line(1, "Resource\tUsed\tHard")
            text.line(1, "--------\t---\t---")
            for (name, hard) in quota["status"]["hard"].object?.sortedByKey() ?? JSONObject() {
                let used = quota["status"]["used"][name].plain
                text.line(1, "\(name)\t\(used.isEmpty ? "0" : used)\t\(hard.plain)")
            }
        }
    }

    private static let scopeHelp = [
        "Terminating":
            "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.",
        "NotTerminating":
            "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
        "BestEffort":
            "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
        "NotBestEffort":
            "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
    ]

    func quota(_ text: inout DescribedText) {
        text.metadata(object, isNamespaced: true)
        let scopes = object["spec"]["scopes"].strings.sorted()
        if !scopes.isEmpty {
            text.pair(0, "Scopes", scopes.joined(separator: ", "))
            for scope in scopes { if let help = Self.scopeHelp[scope] { text.line(0, " * \(help)") } }
        }
        text.line(0, "Resource\tUsed\tHard")
        text.line(0, "--------\t----\t----")
        for (name, hard) in object["status"]["hard"].object?.sortedByKey() ?? JSONObject() {
            let used = object["status"]["used"][name].plain
            text.line(0, "\(name)\t\(used.isEmpty ? "0" : used)\t\(hard.plain)")
        }
    }

    private static func limits(_ ranges: [JSON], _ text: inout DescribedText) {
        guard !ranges.isEmpty else { return text.write(0, "No LimitRange resource.\n") }
        text.write(
            0, "Resource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio\n")
        text.write(0, " ----\t--------\t---\t---\t---------------\t-------------\t-----------------------\n")
        for range in ranges {
            for limit in range["spec"]["limits"].array ?? [] {
                let members = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"]
                let names = Set(members.flatMap { limit[$0].object?.names ?? [] }).sorted()
                for name in names {
                    let cells = members.map { limit[$0][name].isNull ? "-" : limit[$0][name].plain }
                    text.write(0, " \(limit["type"].plain)\t\(name)\t\(cells.joined(separator: "\t"))\n")
                }
            }
        }
    }

    func configMap(_ text: inout DescribedText) async {
        text.metadata(object, isNamespaced: true)
        text.labelsAndAnnotations(object)
        text.write(0, "\nData\n====\n")
        for (key, value) in object["data"].object?.sortedByKey() ?? JSONObject() {
            text.write(0, "\(key):\n----\n\(value.plain)\n\n")
        }
        text.write(0, "\nBinaryData\n====\n")
        for (key, value) in object["binaryData"].object?.sortedByKey() ?? JSONObject() {
            text.line(0, "\(key): \(decodeBase64(value.plain)?.count ?? 0) bytes")
        }
        text.line(0, "")
        text.events(await events())
    }

    func secret(_ text: inout DescribedText) {
        text.metadata(object, isNamespaced: true)
        text.labelsAndAnnotations(object)
        text.write(0, "\nType:\t\(object["type"].plain)\n")
        text.write(0, "\nData\n====\n")
        for (key, value) in object["data"].object?.sortedByKey() ?? JSONObject() {
            let bytes = decodeBase64(value.plain) ?? []
            let isToken = key == "token" && object["type"].string == "kubernetes.io/service-account-token"
            text.pair(0, key, isToken ? String(decoding: bytes, as: UTF8.self) : "\(bytes.count) bytes")
        }
    }

    func serviceAccount(_ text: inout DescribedText) async {
        text.metadata(object, isNamespaced: true)
        text.labelsAndAnnotations(object)
        let names = (object["imagePullSecrets"].array ?? []).map { $0["name"].plain }
        let title = "Image pull secrets:"
        if names.isEmpty { text.line(0, "\(title)\t<none>") }
        for (at, name) in names.enumerated() {
            text.line(0, "\(at == 0 ? title : String(repeating: " ", count: title.count))\t\(name)")
        }
        text.events(await events())
    }

    func endpoints(_ text: inout DescribedText) async {
        text.metadata(object, isNamespaced: true)
        text.labelsAndAnnotations(object)
        text.line(0, "Subsets:")
        for subset in object["subsets"].array ?? [] {
            func list(_ member: String) -> String {
                let all = (subset[member].array ?? []).map { $0["ip"].plain }
                return all.isEmpty ? "<none>" : all.joined(separator: ",")
            }
            text.pair(1, "Addresses", list("addresses"))
            text.pair(1, "NotReadyAddresses", list("notReadyAddresses"))
            let ports = subset["ports"].array ?? []
            if !ports.isEmpty {
                text.line(1, "Ports:")
                text.line(2, "Name\tPort\tProtocol")
                text.line(2, "----\t----\t--------")
                for port in ports {
                    let name = port["name"].plain
                    text.line(2, "\(name.isEmpty ? "<unset>" : name)\t\(port["port"].plain)\t\(port["protocol"].plain)")
                }
            }
            text.line(0, "")
        }
        text.events(await events())
    }

    func slice(_ text: inout DescribedText) async {
        func orUnset(_ value: JSON) -> String { value.plain.isEmpty ? "<unset>" : value.plain }
        text.metadata(object, isNamespaced: true)
        text.labelsAndAnnotations(object)
        text.pair(0, "AddressType", object["addressType"].plain)
        let ports = object["ports"].array ?? []
        if ports.isEmpty {
            text.line(0, "Ports: <unset>")
        } else {
            text.line(0, "Ports:")
            text.line(1, "Name\tPort\tProtocol")
            text.line(1, "----\t----\t--------")
            for port in ports {
                text.line(1, "\(orUnset(port["name"]))\t\(orUnset(port["port"]))\t\(port["protocol"].plain)")
            }
        }
        let endpoints = object["endpoints"].array ?? []
        text.line(0, endpoints.isEmpty ? "Endpoints: <none>" : "Endpoints:")
        for endpoint in endpoints {
            let addresses = endpoint["addresses"].strings
            text.pair(1, "- Addresses", addresses.isEmpty ? "<none>" : addresses.joined(separator: ", "))
            text.line(2, "Conditions:")
            text.pair(3, "Ready", orUnset(endpoint["conditions"]["ready"]))
            text.pair(2, "Hostname", orUnset(endpoint["hostname"]))
            let target = endpoint["targetRef"]
            if !target.isNull { text.pair(2, "TargetRef", "\(target["kind"].plain)/\(target["name"].plain)") }
            text.pair(2, "NodeName", orUnset(endpoint["nodeName"]))
            text.pair(2, "Zone", orUnset(endpoint["zone"]))
        }
        text.events(await events())
    }

    func claim(_ text: inout DescribedText) async throws {
        let metadata = object["metadata"], spec = object["spec"], status = object["status"]
        text.metadata(object, isNamespaced: true)
        text.pair(
            0, "StorageClass",
            metadata["annotations"]["volume.beta.kubernetes.io/storage-class"].string ?? spec["storageClassName"].plain)
        text.pair(
            0, "Status",
            metadata["deletionTimestamp"].isNull
                ? status["phase"].plain
                : "Terminating (lasts \(AgeText.since(metadata["deletionTimestamp"], now: ModelTime.now)))")
        let volume = spec["volumeName"].plain
        text.pair(0, "Volume", volume)
        text.labelsAndAnnotations(object)
        text.pair(0, "Finalizers", "[\(metadata["finalizers"].strings.joined(separator: " "))]")
        text.pair(0, "Capacity", volume.isEmpty ? "" : status["capacity"]["storage"].string ?? "0")
        text.pair(0, "Access Modes", volume.isEmpty ? "" : AccessModeText.of(status["accessModes"]))
        if !spec["volumeMode"].isNull { text.pair(0, "VolumeMode", spec["volumeMode"].plain) }
        let source = spec["dataSource"]
        if !source.isNull {
            text.line(0, "DataSource:")
            if !source["apiGroup"].isNull { text.pair(1, "APIGroup", source["apiGroup"].plain) }
            text.pair(1, "Kind", source["kind"].plain)
            text.pair(1, "Name", source["name"].plain)
        }
        let users = try await list(.pods, item.namespace).filter { pod in
            (pod["spec"]["volumes"].array ?? []).contains {
                $0["persistentVolumeClaim"]["claimName"].string == item.name
            }
        }.map { $0["metadata"]["name"].plain }.sorted()
        text.write(0, "Used By:\t")
        if users.isEmpty { text.line(0, "<none>") }
        for (at, name) in users.enumerated() { text.line(0, (at == 0 ? "" : "\t") + name) }
        let conditions = status["conditions"].array ?? []
        if !conditions.isEmpty {
            text.line(0, "Conditions:")
            text.line(1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage")
            text.line(1, "----\t------\t-----------------\t------------------\t------\t-------")
            for condition in conditions {
                text.line(
                    1,
                    [
                        condition["type"].plain, condition["status"].plain, DateText.of(condition["lastProbeTime"]),
                        DateText.of(condition["lastTransitionTime"]), condition["reason"].plain,
                        condition["message"].plain,
                    ].joined(separator: " \t"))
            }
        }
        text.events(await events())
    }
}
