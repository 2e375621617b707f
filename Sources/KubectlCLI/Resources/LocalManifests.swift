import CommandLine
import JSON
import KubeClient
import KubeModel

// `--local`: objects of files, without asking any server.
extension Session {
    static let onlyFiles = """
        you must specify resources by --filename when --local is set.
        Example resource specifications include:
           '-f rsrc.yaml'
           '--filename=rsrc.json'
        """

    func selectLocally(_ selection: Selection) async throws -> Selected {
        guard !selection.filenames.isEmpty || !selection.kustomize.isEmpty else { throw Refusal(selection.needsFiles) }
        let manifests = try await manifests(selection)
        guard !manifests.isEmpty else { throw Refusal("no objects passed to \(path.parts(" ").last ?? "")") }
        var selected = Selected()
        selected.isSingle = selection.filenames.count == 1 && manifests.count == 1
        let selector = try selection.labels.map { try LabelSelector(parsing: $0) }
        for manifest in manifests.flatMap(Self.flattened) {
            do {
                let resource = try Self.resource(of: manifest), metadata = manifest.tree["metadata"]
                if let selector, !selector.matches(metadata["labels"]) { continue }
                selected.items.append(
                    Item(
                        resource: resource, namespace: metadata["namespace"].plain, name: metadata["name"].plain,
                        object: manifest.tree, source: manifest.source))
            } catch { selected.errors.append(error) }
        }
        return selected
    }

    /// As far as the object itself tells.
    private static func resource(of manifest: Manifest) throws -> ServedResource {
        let (kind, apiVersion) = try kind(of: manifest)
        let groupVersion = GroupVersion(apiVersion: apiVersion) ?? GroupVersion("", apiVersion)
        let known = Schema.builtIn.resource(groupVersion, kind: kind)
        return ServedResource(
            group: groupVersion.group, version: groupVersion.version,
            name: known?.plural ?? plural(kind.lowercased()), singular: known?.singular ?? kind.lowercased(),
            kind: kind,
            isNamespaced: known?.isNamespaced ?? true, verbs: [], shortNames: [], categories: [], subresources: [],
            subresourceKinds: [:])
    }

    private static func plural(_ word: String) -> String {
        if word.hasSuffix("s") { return word + "es" }
        return word.hasSuffix("y") ? word.dropLast() + "ies" : word + "s"
    }
}
