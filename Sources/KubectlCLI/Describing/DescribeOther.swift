import CommandLine
import JSON
import KubeClient
import KubeModel

extension ObjectDescriber {
    func ingress(_ text: inout DescribedText) async {
        let spec = object["spec"]
        text.pair(0, "Name", item.name)
        text.labels("Labels", object["metadata"]["labels"])
        text.pair(0, "Namespace", item.namespace)
        let addresses = (object["status"]["loadBalancer"]["ingress"].array ?? []).map { entry in
            entry["ip"].plain.isEmpty ? entry["hostname"].plain : entry["ip"].plain
        }.filter { !$0.isEmpty }
        text.pair(0, "Address", Set(addresses).sorted().joined(separator: ","))
        text.pair(0, "Ingress Class", spec["ingressClassName"].plainOrNone)
        let fallback = spec["defaultBackend"].isNull ? "<default>" : await backend(spec["defaultBackend"])
        text.pair(0, "Default backend", fallback)
        let secrets = spec["tls"].array ?? []
        if !secrets.isEmpty { text.line(0, "TLS:") }
        for entry in secrets {
            let name = entry["secretName"].plain, hosts = entry["hosts"].strings.joined(separator: ",")
            text.line(1, name.isEmpty ? "SNI routes \(hosts)" : "\(name) terminates \(hosts)")
        }
        text.write(0, "Rules:\n  Host\tPath\tBackends\n")
        text.line(1, "----\t----\t--------")
        let rules = (spec["rules"].array ?? []).filter { !$0["http"].isNull }
        for rule in rules {
            text.line(1, "\(rule["host"].plain.isEmpty ? "*" : rule["host"].plain)\t")
            for path in rule["http"]["paths"].array ?? [] {
                text.line(2, "\t\(path["path"].plain) \t\(await backend(path["backend"]))")
            }
        }
        if rules.isEmpty { text.line(1, "*\t*\t\(fallback)") }
        text.annotations("Annotations", object["metadata"]["annotations"])
        text.events(await events())
    }

    private func backend(_ backend: JSON) async -> String {
        let service = backend["service"], resource = backend["resource"]
        guard !service.isNull else {
            return resource.isNull
                ? ""
                : "APIGroup: \(resource["apiGroup"].plainOrNone), Kind: \(resource["kind"].plain), Name: \(resource["name"].plain)"
        }
        let name = service["name"].plain, port = service["port"]
        let text = "\(name):\(port["name"].plain.isEmpty ? "\(port["number"].int ?? 0)" : port["name"].plain)"
        do {
            let slices = try await list(.endpointSlices, item.namespace, labels: "kubernetes.io/service-name=\(name)")
            let found = try await session.get(ResourceID.services.path(namespace: item.namespace, name: name))
            let own = (found["spec"]["ports"].array ?? []).first { entry in
                port["number"].int.map { $0 == entry["port"].int } ?? (entry["name"] == port["name"])
            }
            return "\(text) (\(Self.addresses(slices, port: own?["name"].plain ?? "")))"
        } catch {
            return "\(text) (<error: \((error as? APIStatus)?.message ?? "\(error)")>)"
        }
    }

    func budget(_ text: inout DescribedText) async {
        let spec = object["spec"], status = object["status"]
        text.metadata(object, isNamespaced: true)
        if !spec["minAvailable"].isNull {
            text.pair(0, "Min available", spec["minAvailable"].plain)
        } else if !spec["maxUnavailable"].isNull {
            text.pair(0, "Max unavailable", spec["maxUnavailable"].plain)
        }
        text.pair(0, "Selector", spec["selector"].isNull ? "<unset>" : SelectorText.of(spec["selector"]))
        text.line(0, "Status:")
        for (label, member) in [
            ("Allowed disruptions", "disruptionsAllowed"), ("Current", "currentHealthy"), ("Desired", "desiredHealthy"),
            ("Total", "expectedPods"),
        ] { text.pair(2, label, "\(status[member].int ?? 0)") }
        text.events(await events())
    }

    func priorityClass(_ text: inout DescribedText) async {
        text.pair(0, "Name", item.name)
        text.pair(0, "Value", "\(object["value"].int ?? 0)")
        text.pair(0, "GlobalDefault", "\(object["globalDefault"].bool ?? false)")
        text.pair(0, "PreemptionPolicy", object["preemptionPolicy"].plain)
        text.pair(0, "Description", object["description"].plain)
        text.pair(0, "Annotations", TablePrinter.labels(object["metadata"]["annotations"].stringMap))
        text.events(await events())
    }

    func storageClass(_ text: inout DescribedText) async {
        let annotations = object["metadata"]["annotations"]
        let isDefault = [
            "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class",
        ]
        .contains { annotations[$0].string == "true" }
        text.pair(0, "Name", item.name)
        text.pair(0, "IsDefaultClass", isDefault ? "Yes" : "No")
        text.pair(0, "Annotations", TablePrinter.labels(annotations.stringMap))
        text.pair(0, "Provisioner", object["provisioner"].plain)
        text.pair(0, "Parameters", TablePrinter.labels(object["parameters"].stringMap))
        text.pair(
            0, "AllowVolumeExpansion", object["allowVolumeExpansion"].bool.map { $0 ? "True" : "False" } ?? "<unset>")
        let options = object["mountOptions"].strings
        text.line(0, options.isEmpty ? "MountOptions:\t<none>" : "MountOptions:")
        for option in options { text.line(1, option) }
        if !object["reclaimPolicy"].isNull { text.pair(0, "ReclaimPolicy", object["reclaimPolicy"].plain) }
        if !object["volumeBindingMode"].isNull { text.pair(0, "VolumeBindingMode", object["volumeBindingMode"].plain) }
        allowedTopologies(&text)
        text.events(await events())
    }

    // MARK: Access

    func role(_ text: inout DescribedText) {
        text.pair(0, "Name", item.name)
        text.labelsAndAnnotations(object)
        text.line(0, "PolicyRule:")
        text.line(1, "Resources\tNon-Resource URLs\tResource Names\tVerbs")
        text.line(1, "---------\t-----------------\t--------------\t-----")
        for rule in RuleText.compact(object["rules"].array ?? []) { text.line(1, rule.line) }
    }

    func binding(_ text: inout DescribedText) {
        text.pair(0, "Name", item.name)
        text.labelsAndAnnotations(object)
        text.line(0, "Role:")
        text.pair(1, "Kind", object["roleRef"]["kind"].plain)
        text.pair(1, "Name", object["roleRef"]["name"].plain)
        text.line(0, "Subjects:")
        text.line(1, "Kind\tName\tNamespace")
        text.line(1, "----\t----\t---------")
        for subject in object["subjects"].array ?? [] {
            text.line(1, "\(subject["kind"].plain)\t\(subject["name"].plain)\t\(subject["namespace"].plain)")
        }
    }

    // MARK: All other kinds

    func any(_ text: inout DescribedText) async {
        text.pair(0, "Name", item.name)
        text.pair(0, "Namespace", object["metadata"]["namespace"].plain)
        text.labelsAndAnnotations(object)
        content(object, 0, "", &text)
        text.events(await events())
    }

    private static let told: Set<String> = [
        ".metadata.managedFields", ".metadata.name", ".metadata.namespace", ".metadata.labels", ".metadata.annotations",
    ]

    private func content(_ tree: JSON, _ level: Int, _ path: String, _ text: inout DescribedText) {
        for (name, value) in tree.object?.sortedByKey() ?? JSONObject() {
            let own = "\(path).\(name)"
            if Self.told.contains(own) { continue }
            let label = FieldLabel.of(name)
            switch value {
            case .object:
                text.line(level, "\(label):")
                content(value, level + 1, own, &text)
            case .array(let list):
                text.line(level, "\(label):")
                for element in list {
                    if element.object != nil {
                        content(element, level + 1, own, &text)
                    } else {
                        text.line(level + 1, GoSyntax.plain(element))
                    }
                }
            default: text.pair(level, label, GoSyntax.plain(value))
            }
        }
    }
}

enum FieldLabel {
    private static let acronyms: Set<String> = ["API", "URL", "UID", "GUID"]

    /// `creationTimestamp` is `Creation Timestamp`, `apiVersion` `API Version`.
    static func of(_ field: String) -> String {
        guard field.allSatisfy({ $0.isLetter || $0 == "-" }) else { return field }
        return words(field).filter { $0 != "_" }.map { word in
            if acronyms.contains(word.uppercased()) { return word.uppercased() }
            return word == word.lowercased() ? word.prefix(1).uppercased() + word.dropFirst() : word
        }.joined(separator: " ")
    }

    /// At every change from lower to upper case; the last of several capitals begins the next word.
    private static func words(_ field: String) -> [String] {
        func kind(_ character: Character) -> Int { character.isLowercase ? 1 : character.isUppercase ? 2 : 3 }
        var runs: [[Character]] = []
        var last = 0
        for character in field {
            let own = kind(character)
            if own == last { runs[runs.count - 1].append(character) } else { runs.append([character]) }
            last = own
        }
        for at in runs.indices.dropLast() where runs[at][0].isUppercase && runs[at + 1][0].isLowercase {
            runs[at + 1].insert(runs[at].removeLast(), at: 0)
        }
        var words = runs.filter { !$0.isEmpty }.map { String($0) }
        var at = 0
        while at + 1 < words.count {
            if words[at].count >= 2, words[at].allSatisfy({ !$0.isLetter || $0.isUppercase }),
                words[at + 1].first?.isUppercase == true
            {
                words[at] += words.remove(at: at + 1)
            }
            at += 1
        }
        return words
    }
}

/// A role's rules, one line a resource.
enum RuleText {
    struct Rule {
        var group: String?
        var resource: String?
        var url: String?
        var names: [String]
        var verbs: [String]

        var line: String {
            var whole = ""
            if let resource {
                let (head, part) = resource.cut("/") ?? (resource, "")
                whole = head
                if let group, !group.isEmpty { whole += ".\(group)" }
                if !part.isEmpty { whole += "/\(part)" }
            }
            let urls = url.map { "[\($0)]" } ?? "[]"
            return "\(whole)\t\(urls)\t[\(names.joined(separator: " "))]\t[\(verbs.joined(separator: " "))]"
        }

        /// What the original sorts by: the rule in Go's text form.
        var order: String {
            "Verbs:[\(verbs.joined(separator: " "))],APIGroups:[\(group ?? "")],Resources:[\(resource ?? "")],"
                + "ResourceNames:[\(names.joined(separator: " "))],NonResourceURLs:[\(url ?? "")],"
        }
    }

    static func compact(_ rules: [JSON]) -> [Rule] {
        var single: [Rule] = []
        for rule in rules {
            let names: [String?] = rule["resourceNames"].strings.isEmpty ? [nil] : rule["resourceNames"].strings
            for group in rule["apiGroups"].strings {
                for resource in rule["resources"].strings {
                    for verb in rule["verbs"].strings {
                        for name in names {
                            single.append(
                                Rule(
                                    group: group, resource: resource, url: nil, names: name.map { [$0] } ?? [],
                                    verbs: [verb]))
                        }
                    }
                }
            }
            for url in rule["nonResourceURLs"].strings {
                for verb in rule["verbs"].strings {
                    single.append(Rule(group: nil, resource: nil, url: url, names: [], verbs: [verb]))
                }
            }
        }
        var merged: [Rule] = []
        for rule in single {
            if let at = merged.firstIndex(where: {
                $0.group == rule.group && $0.resource == rule.resource && $0.url == rule.url && $0.names == rule.names
                    && rule.url == nil
            }) {
                if !merged[at].verbs.contains(rule.verbs[0]) { merged[at].verbs += rule.verbs }
            } else {
                merged.append(rule)
            }
        }
        return merged.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }.map(
            \.element)
    }
}
