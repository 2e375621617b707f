import CLinux
import CommandLine
import Fault
import Glibc
import JSON
import KubeModel

/// The common part of kustomize: a folder's `kustomization.yaml` made into manifests.
struct Kustomization {
    private static let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"]
    /// What needs other programs.
    private static let unsupported = [
        "helmCharts", "helmChartInflationGenerator", "generators", "transformers", "validators",
    ]
    private let folder: String
    private let settings: JSON
    private let session: Session

    static func build(_ folder: String, _ session: Session) async throws -> [Manifest] {
        let path = CleanPath.of(absolute(folder))
        let objects = try await target(path, as: folder, session).build([path])
        return ordered(objects).map { Manifest(tree: $0, source: folder) }
    }

    private static let firstKinds = [
        "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount",
        "PodSecurityPolicy", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret",
        "Endpoints", "Service", "LimitRange", "PriorityClass", "PersistentVolume", "PersistentVolumeClaim",
        "Deployment", "StatefulSet", "CronJob", "PodDisruptionBudget",
    ]
    private static let lastKinds = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]

    /// What others need comes first; then by type and name.
    private static func ordered(_ objects: [JSON]) -> [JSON] {
        func key(_ object: JSON) -> (Int, String, String) {
            let kind = object["kind"].string ?? "", apiVersion = object["apiVersion"].string ?? ""
            let place =
                firstKinds.firstIndex(of: kind).map { $0 - firstKinds.count }
                ?? lastKinds.firstIndex(of: kind).map { $0 + 1 } ?? 0
            let metadata = object["metadata"]
            let group = apiVersion.contains("/") ? apiVersion : "/\(apiVersion)"
            return (place, "\(group) \(kind)", "\(metadata["namespace"].plain)|\(metadata["name"].plain)")
        }
        return objects.map { ($0, key($0)) }.sorted { $0.1 < $1.1 }.map(\.0)
    }

    private static func absolute(_ folder: String) -> String {
        guard !folder.hasPrefix("/") else { return folder }
        var here = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard getcwd(&here, here.count) != nil else { return folder }
        let current = String(decoding: here.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return folder == "." ? current : "\(current)/\(folder)"
    }

    /// - Parameter asked: the folder as it was named, for messages.
    private static func target(_ folder: String, as asked: String, _ session: Session) throws -> Kustomization {
        guard let isFolder = isFolder(folder) else {
            throw Refusal("must build at directory: not a valid directory: \(missing(folder, as: asked))")
        }
        guard isFolder else { throw Refusal("must build at directory: '\(asked)': file is not directory") }
        let files: [String] = names.map { "\(folder)/\($0)" }
        guard let file = files.first(where: { access($0, F_OK) == 0 }) else {
            throw Refusal(
                "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '\(folder)'"
            )
        }
        let settings: JSON
        do { settings = try YAML.parse(try WholeFile.read(file, limit: 4 << 20)).value } catch {
            throw Refusal("invalid Kustomization: \(sentence(error))")
        }
        for warning in try KustomizationForm.check(settings) { session.err.line(warning) }
        for member in unsupported where !settings[member].isNull {
            throw Refusal(
                "\(member) is not supported in kustomizations: render the chart with helm template, or run the plugin, "
                    + "and list the output as a resource")
        }
        return Kustomization(folder: folder, settings: settings, session: session)
    }

    /// Nil: there is nothing there.
    private static func isFolder(_ path: String) -> Bool? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT == S_IFDIR : nil
    }

    private static func missing(_ path: String, as name: String) -> String {
        "evalsymlink failure on '\(name)' : lstat \(path): no such file or directory"
    }

    private func path(_ name: String) -> String { CleanPath.of("\(folder)/\(name)") }

    /// - Parameter visited: the folders that led here, this one among them.
    private func build(_ visited: [String]) async throws -> [JSON] {
        var objects: [JSON] = []
        for name in settings["resources"].strings + settings["bases"].strings {
            do { try await accumulate(name, visited, into: &objects) } catch let refusal as Refusal {
                throw Refusal("accumulating resources: accumulation err='\(refusal)")
            }
        }
        objects += try generated("configMapGenerator", "ConfigMap") + generated("secretGenerator", "Secret")
        objects = try patched(objects)
        try checkReplicas(objects)
        return try renamed(objects.map(edited))
    }

    private func accumulate(_ name: String, _ visited: [String], into objects: inout [JSON]) async throws {
        let isRemote = name.hasPrefix("http://") || name.hasPrefix("https://")
        let path = isRemote ? name : self.path(name)
        if !isRemote {
            guard let isFolder = Self.isFolder(path) else {
                let why = Self.missing(path, as: path)
                throw Refusal(
                    "accumulating resources from '\(name)': \(why)': must build at directory: not a valid directory: \(why)"
                )
            }
            if isFolder {
                objects += try await inner(name, path, visited)
                return
            }
        }
        let manifests = try await ManifestReader(session: session).read([path], recursive: false)
        let notFolder = "must build at directory: '\(path)': file is not directory"
        for tree in manifests.flatMap(Session.flattened).map(\.tree) {
            guard !tree["metadata"].isNull else {
                throw Refusal("accumulating resources from '\(name)': missing Resource metadata': \(notFolder)")
            }
            let id = Self.id(tree)
            guard !objects.contains(where: { Self.id($0) == id }) else {
                throw Refusal(
                    "merging resources from '\(name)': may not add resource with an already registered id: \(id)': "
                        + notFolder)
            }
            objects.append(tree)
        }
    }

    private func inner(_ name: String, _ path: String, _ visited: [String]) async throws -> [JSON] {
        let start = "accumulating resources from '\(name)': '\(path)' must resolve to a file': "
        guard !visited.contains(path) else {
            throw Refusal("\(start)cycle detected: candidate root '\(path)' contains visited root '\(path)'")
        }
        let target: Kustomization
        do { target = try Self.target(path, as: name, session) } catch let refusal as Refusal {
            throw Refusal("\(start)couldn't make target for path '\(path)': \(refusal)")
        }
        do { return try await target.build(visited + [path]) } catch let refusal as Refusal {
            throw Refusal("\(start)recursed accumulation of path '\(path)': \(refusal)")
        }
    }

    /// `ConfigMap.v1.[noGrp]/base.[noNs]`.
    private static func id(_ object: JSON) -> String {
        let apiVersion = object["apiVersion"].plain, metadata = object["metadata"]
        let (group, version) = apiVersion.cut("/") ?? ("[noGrp]", apiVersion)
        let namespace = metadata["namespace"].plain
        return "\(object["kind"].plain).\(version).\(group)/\(metadata["name"].plain)."
            + (namespace.isEmpty ? "[noNs]" : namespace)
    }

    private func checkReplicas(_ objects: [JSON]) throws {
        let kinds = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"]
        let scaled = objects.filter { kinds.contains($0["kind"].plain) }.map { $0["metadata"]["name"].plain }
        for replica in settings["replicas"].array ?? [] where !scaled.contains(replica["name"].plain) {
            let list = kinds.map { "\($0).[noVer].[noGrp]" }.joined(separator: " ")
            throw Refusal(
                "resource with name \(replica["name"].plain) does not match a config with the following GVK [\(list)]")
        }
    }

    // MARK: Generators

    private func generated(_ member: String, _ kind: String) throws -> [JSON] {
        try (settings[member].array ?? []).map { entry in
            try checkSources(entry)
            var data = JSONObject()
            let sources = DataSources(
                literals: entry["literals"].strings,
                files: entry["files"].strings.map { text in
                    text.cut("=").map { "\($0.0)=\(folder)/\($0.1)" } ?? "\(folder)/\(text)"
                })
            for (key, bytes) in try sources.entries() {
                data[key] = .string(kind == "Secret" ? encodeBase64(bytes) : String(decoding: bytes, as: UTF8.self))
            }
            for path in entry["envs"].strings {
                for (key, bytes) in try DataSources(envFiles: ["\(folder)/\(path)"]).entries() {
                    data[key] = .string(kind == "Secret" ? encodeBase64(bytes) : String(decoding: bytes, as: UTF8.self))
                }
            }
            let options = entry["options"].isNull ? settings["generatorOptions"] : entry["options"]
            let name = entry["name"].string ?? ""
            let type = entry["type"].string ?? "Opaque"
            let needsHash = options["disableNameSuffixHash"].bool != true
            var object = JSON.members([
                ("apiVersion", "v1"), ("kind", .string(kind)),
                (
                    "metadata",
                    .members([
                        ("name", .string(name)), ("labels", options["labels"].object.map { .object($0) }),
                        ("annotations", options["annotations"].object.map { .object($0) }),
                        ("namespace", entry["namespace"].string.map { .string($0) }),
                    ])
                ), ("data", data.isEmpty ? nil : .object(data)),
            ])
            if kind == "Secret" { object["type"] = .string(type) }
            if needsHash { object[Self.hashMark] = true }
            return object
        }
    }

    private func checkSources(_ entry: JSON) throws {
        let literals = entry["literals"].strings
        for text in literals where !text.contains("=") {
            throw Refusal(
                "loading KV pairs: literal sources [\(literals.joined(separator: " "))]: invalid literal source \(text), "
                    + "expected key=value")
        }
        let files = entry["files"].strings
        for text in files {
            let path = self.path(text.cut("=")?.1 ?? text)
            guard Self.isFolder(path) == nil else { continue }
            throw Refusal(
                "loading KV pairs: file sources: [\(files.joined(separator: " "))]: \(Self.missing(path, as: path))")
        }
    }

    /// On objects whose name is to get a hash, until it has it.
    private static let hashMark = "\u{0}hash"

    // MARK: Patches

    private func patched(_ objects: [JSON]) throws -> [JSON] {
        var all = objects
        for name in settings["patchesStrategicMerge"].strings {
            let text = try name.contains("\n") ? Array(name.utf8) : WholeFile.read("\(folder)/\(name)", limit: 4 << 20)
            for document in try YAML.documents(text).map(\.value) where !document.isNull {
                try patch(&all, document, .null)
            }
        }
        for entry in (settings["patches"].array ?? []) + (settings["patchesJson6902"].array ?? []) {
            let file = path(entry["path"].plain)
            if entry["patch"].string == nil, Self.isFolder(file) == nil {
                throw Refusal(
                    "trouble configuring builtin PatchTransformer with config: `\n"
                        + String(decoding: YAML.write(entry), as: UTF8.self)
                        + "`: failed to get the patch file from path(\(entry["path"].plain)): "
                        + Self.missing(file, as: file))
            }
            let text = try entry["patch"].string.map { Array($0.utf8) } ?? WholeFile.read(file, limit: 4 << 20)
            for document in try YAML.documents(text).map(\.value) where !document.isNull {
                try patch(&all, document, entry["target"])
            }
        }
        return all
    }

    private func patch(_ objects: inout [JSON], _ patch: JSON, _ target: JSON) throws {
        var isUsed = false
        for at in objects.indices where Self.isMeant(objects[at], patch, target) {
            isUsed = true
            do {
                if patch.array != nil {
                    objects[at] = try JSONPatch(patch).apply(to: objects[at])
                } else {
                    let type = GroupVersion(apiVersion: objects[at]["apiVersion"].string ?? "").flatMap {
                        Schema.builtIn.type($0, kind: objects[at]["kind"].string ?? "")
                    }
                    objects[at] = try StrategicMergePatch.apply(patch, to: objects[at], type: type)
                }
            } catch { throw Refusal("\(sentence(error))") }
        }
        if !isUsed, target.isNull {
            throw Refusal(
                "no matches for Id \(patch["kind"].string ?? "").\(patch["apiVersion"].string ?? "")/\(patch["metadata"]["name"].string ?? ""); failed to find unique target for patch"
            )
        }
    }

    private static func isMeant(_ object: JSON, _ patch: JSON, _ target: JSON) -> Bool {
        if target.isNull {
            return object["kind"] == patch["kind"] && object["metadata"]["name"] == patch["metadata"]["name"]
        }
        func fits(_ wanted: JSON, _ found: JSON) -> Bool {
            guard let pattern = wanted.string, !pattern.isEmpty else { return true }
            guard let expression = RE2Pattern.whole(pattern) else { return pattern == found.string }
            return expression.matches(found.string ?? "")
        }
        let (group, version) = (object["apiVersion"].string ?? "").cut("/") ?? ("", object["apiVersion"].string ?? "")
        if let labels = target["labelSelector"].string, let selector = try? LabelSelector(parsing: labels),
            !selector.matches(object["metadata"]["labels"])
        {
            return false
        }
        return fits(target["kind"], object["kind"]) && fits(target["name"], object["metadata"]["name"])
            && fits(target["namespace"], object["metadata"]["namespace"])
            && (target["group"].string ?? group) == group && (target["version"].string ?? version) == version
    }

    // MARK: Settings for all objects

    private static let withoutNamespace: Set<String> = [
        "Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition",
        "PriorityClass", "StorageClass", "IngressClass", "RuntimeClass", "APIService", "CSIDriver", "CSINode",
        "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding", "CertificateSigningRequest", "VolumeAttachment",
    ]

    private func edited(_ object: JSON) -> JSON {
        var copy = object
        let kind = object["kind"].string ?? ""
        if let namespace = settings["namespace"].string, !Self.withoutNamespace.contains(kind) {
            copy["metadata", "namespace"] = .string(namespace)
        }
        let common = settings["commonLabels"].object ?? JSONObject()
        add(common, to: &copy, selectors: true, templates: true)
        for entry in settings["labels"].array ?? [] {
            add(
                entry["pairs"].object ?? JSONObject(), to: &copy, selectors: entry["includeSelectors"].bool ?? false,
                templates: (entry["includeTemplates"].bool ?? false) || (entry["includeSelectors"].bool ?? false))
        }
        for (key, value) in settings["commonAnnotations"].object ?? JSONObject() {
            copy["metadata", "annotations", key] = value
            if !copy["spec"]["template"].isNull { copy["spec", "template", "metadata", "annotations", key] = value }
        }
        for replica in settings["replicas"].array ?? [] where replica["name"] == object["metadata"]["name"] {
            if !copy["spec"]["replicas"].isNull || ["Deployment", "StatefulSet", "ReplicaSet"].contains(kind) {
                copy["spec", "replicas"] = replica["count"]
            }
        }
        return images(copy)
    }

    private func add(_ labels: JSONObject, to object: inout JSON, selectors: Bool, templates: Bool) {
        for (key, value) in labels {
            object["metadata", "labels", key] = value
            if templates, !object["spec"]["template"].isNull {
                object["spec", "template", "metadata", "labels", key] = value
            }
            guard selectors else { continue }
            switch object["kind"].string {
            case "Service", "ReplicationController":
                if !object["spec"]["selector"].isNull { object["spec", "selector", key] = value }
            case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet":
                object["spec", "selector", "matchLabels", key] = value
            default: break
            }
        }
    }

    private func images(_ object: JSON) -> JSON {
        let wanted = settings["images"].array ?? []
        guard !wanted.isEmpty else { return object }
        func walk(_ value: JSON) -> JSON {
            switch value {
            case .array(let list): return .array(list.map(walk))
            case .object(let members):
                return .object(
                    JSONObject(
                        members.map { name, value in
                            guard name == "containers" || name == "initContainers", let list = value.array else {
                                return (name, walk(value))
                            }
                            return (name, .array(list.map { replaced($0, wanted) }))
                        }))
            default: return value
            }
        }
        return walk(object)
    }

    private func replaced(_ container: JSON, _ wanted: [JSON]) -> JSON {
        guard let image = container["image"].string else { return container }
        var name = image, suffix = ""
        if let at = image.firstIndex(of: "@") {
            (name, suffix) = (String(image[..<at]), String(image[at...]))
        } else if let colon = image.lastIndex(of: ":"), !image[colon...].contains("/") {
            (name, suffix) = (String(image[..<colon]), String(image[colon...]))
        }
        guard let rule = wanted.first(where: { $0["name"].string == name }) else { return container }
        var copy = container
        var new = rule["newName"].string ?? name
        if let digest = rule["digest"].string {
            new += "@\(digest)"
        } else if let tag = rule["newTag"].string ?? rule["newTag"].int.map({ "\($0)" }) {
            new += ":\(tag)"
        } else {
            new += suffix
        }
        copy["image"] = .string(new)
        return copy
    }

    // MARK: Names

    /// Prefix, suffix and hash, in names and in what refers to them.
    private func renamed(_ objects: [JSON]) throws -> [JSON] {
        let prefix = settings["namePrefix"].string ?? "", suffix = settings["nameSuffix"].string ?? ""
        var names: [String: String] = [:]
        let own = objects.map { object -> JSON in
            var copy = object
            let kind = object["kind"].string ?? "", name = object["metadata"]["name"].string ?? ""
            var new = ["Namespace", "CustomResourceDefinition"].contains(kind) ? name : prefix + name + suffix
            if object[Self.hashMark].bool == true {
                copy.remove(Self.hashMark)
                let data = object["data"].object ?? JSONObject()
                // The original means to hash the name, too, and never finds it.
                new +=
                    "-"
                    + (kind == "Secret"
                        ? ContentHash.secret("", object["type"].string ?? "", data)
                        : ContentHash.configMap("", data, JSONObject()))
            }
            copy["metadata", "name"] = .string(new)
            if new != name { names["\(kind)/\(name)"] = new }
            return copy
        }
        return names.isEmpty ? own : own.map { referring($0, names) }
    }

    /// Members that name an object of a kind.
    private static let references: [String: (kind: String, member: String)] = [
        "configMapRef": ("ConfigMap", "name"), "configMapKeyRef": ("ConfigMap", "name"),
        "configMap": ("ConfigMap", "name"),
        "secretRef": ("Secret", "name"), "secretKeyRef": ("Secret", "name"), "secret": ("Secret", "secretName"),
        "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"), "service": ("Service", "name"),
    ]

    private func referring(_ value: JSON, _ names: [String: String]) -> JSON {
        switch value {
        case .array(let list): return .array(list.map { referring($0, names) })
        case .object(let members):
            return .object(
                JSONObject(
                    members.map { name, value in
                        if let reference = Self.references[name], let old = value[reference.member].string,
                            let new = names["\(reference.kind)/\(old)"]
                        {
                            var copy = value
                            copy[reference.member] = .string(new)
                            return (name, copy)
                        }
                        if name == "serviceAccountName", let old = value.string,
                            let new = names["ServiceAccount/\(old)"]
                        {
                            return (name, .string(new))
                        }
                        if name == "scaleTargetRef" || name == "roleRef", let kind = value["kind"].string,
                            let old = value["name"].string, let new = names["\(kind)/\(old)"]
                        {
                            var copy = value
                            copy["name"] = .string(new)
                            return (name, copy)
                        }
                        return (name, referring(value, names))
                    }))
        default: return value
        }
    }
}

extension RE2Pattern {
    /// A pattern that has to fit the whole text; nil for one that is none.
    static func whole(_ text: String) -> RE2Pattern? { try? RE2Pattern("^(?:\(text))$") }
}
