import Fault
import JSON
import KubeModel

/// The client's configuration: several files, of which an earlier one's entries win. Everything in them that has no
/// name here survives a change.
package struct Kubeconfig: Sendable {
    /// The lists of named entries.
    package enum Section: String, Sendable, CaseIterable {
        case clusters, contexts, users

        /// The member that holds an entry's settings, beside its `name`.
        package var member: String { String(rawValue.dropLast()) }
    }

    package struct File: Sendable {
        package let path: String
        package fileprivate(set) var tree: JSON
        /// False: it will be made when something is written to it.
        package fileprivate(set) var exists: Bool
        fileprivate var isChanged = false
    }

    /// Largest file, in bytes.
    private static let fileBytes = 16 << 20

    /// In order of precedence.
    package private(set) var files: [File]
    /// The one that was named on the command line is the only one.
    package let isExplicit: Bool

    package init(files: [File] = [], isExplicit: Bool = false) {
        self.files = files
        self.isExplicit = isExplicit
    }

    // MARK: Reading

    /// Where the configuration is: the named file, else those of `KUBECONFIG`, else `~/.kube/config`.
    package static func paths(explicit: String, _ environment: [String: String]) -> [String] {
        if !explicit.isEmpty { return [explicit] }
        if let list = environment["KUBECONFIG"], !list.isEmpty {
            var seen = Set<String>()
            return list.split(separator: ":").map(String.init).filter { seen.insert($0).inserted }
        }
        return [(environment["HOME"] ?? "") + "/.kube/config"]
    }

    /// A file that isn't there counts as empty, unless it was named on the command line.
    /// - Parameter mustExist: false where a file that was named is to be made.
    package static func load(
        explicit: String = "", _ environment: [String: String], mustExist: Bool = true
    ) throws(Fault) -> Kubeconfig {
        var files: [File] = []
        for path in paths(explicit: explicit, environment) {
            guard let bytes = try SmallFile.read(path, limit: fileBytes) else {
                if !explicit.isEmpty, mustExist { throw Fault(.notFound, "stat \(path): no such file or directory") }
                files.append(File(path: path, tree: skeleton, exists: false))
                continue
            }
            files.append(File(path: path, tree: try tree(bytes, path), exists: true))
        }
        return Kubeconfig(files: files, isExplicit: !explicit.isEmpty)
    }

    private static func tree(_ bytes: [UInt8], _ path: String) throws(Fault) -> JSON {
        do {
            let tree = try YAML.parse(bytes).value
            if tree.isNull { return skeleton }
            guard tree.object != nil else { throw Fault(.invalid, "it is no map of settings") }
            return tree
        } catch {
            throw Fault(.invalid, "error loading config file \"\(path)\": \(sentence(error))", cause: error)
        }
    }

    private static let skeleton: JSON = [
        "apiVersion": "v1", "clusters": nil, "contexts": nil, "current-context": "", "kind": "Config", "users": nil,
    ]

    /// No setting anywhere.
    package var isEmpty: Bool {
        Section.allCases.allSatisfy { names($0).isEmpty } && currentContext.isEmpty
    }

    package var currentContext: String {
        files.lazy.compactMap { $0.tree["current-context"].string }.first { !$0.isEmpty } ?? ""
    }

    /// In order.
    package func names(_ section: Section) -> [String] {
        Set(files.flatMap { Self.entries($0.tree, section).compactMap { $0["name"].string } }).sorted()
    }

    /// The entry's settings; nil when there is none of that name.
    package func entry(_ section: Section, _ name: String) -> JSON? {
        place(section, name).map { Self.entries(files[$0.file].tree, section)[$0.index][section.member] }
    }

    /// The file that the entry is in.
    package func origin(_ section: Section, _ name: String) -> String? {
        place(section, name).map { files[$0.file].path }
    }

    private static func entries(_ tree: JSON, _ section: Section) -> [JSON] { tree[section.rawValue].array ?? [] }

    private func place(_ section: Section, _ name: String) -> (file: Int, index: Int)? {
        for (number, file) in files.enumerated() {
            if let index = Self.entries(file.tree, section).firstIndex(where: { $0["name"].string == name }) {
                return (number, index)
            }
        }
        return nil
    }

    /// A path as the file of the entry has it: relative to the file's folder, where it is below that.
    package func relative(_ path: String, for section: Section, _ name: String) -> String {
        let file = origin(section, name) ?? (files.isEmpty ? "" : files[defaultFile].path)
        guard let slash = file.lastIndex(of: "/") else { return path }
        let folder = file[...slash]
        return path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : path
    }

    // MARK: Changing

    /// Where new entries go: the first file that exists, else the last.
    package var defaultFile: Int { files.firstIndex { $0.exists } ?? max(0, files.count - 1) }

    /// Sets the entry where it is, or adds it.
    package mutating func set(_ section: Section, _ name: String, _ settings: JSON) {
        if let (file, index) = place(section, name) {
            var entries = Self.entries(files[file].tree, section)
            entries[index][section.member] = settings
            put(entries, section, file)
        } else if !files.isEmpty {
            let entry: JSON = .object(JSONObject([("name", .string(name)), (section.member, settings)]))
            put(Self.entries(files[defaultFile].tree, section) + [entry], section, defaultFile)
        }
    }

    package mutating func remove(_ section: Section, _ name: String) {
        while let (file, index) = place(section, name) {
            var entries = Self.entries(files[file].tree, section)
            entries.remove(at: index)
            put(entries, section, file)
        }
    }

    private mutating func put(_ entries: [JSON], _ section: Section, _ file: Int) {
        let sorted = entries.sorted { ($0["name"].string ?? "") < ($1["name"].string ?? "") }
        files[file].tree[section.rawValue] = sorted.isEmpty ? .null : .array(sorted)
        files[file].isChanged = true
    }

    /// In the file that says it now, else in the default one.
    package mutating func setCurrentContext(_ name: String) {
        guard !files.isEmpty else { return }
        let file = files.firstIndex { $0.tree["current-context"].string?.isEmpty == false } ?? defaultFile
        files[file].tree["current-context"] = .string(name)
        files[file].isChanged = true
    }

    /// Writes the files that were changed, each whole and under its lock.
    package mutating func save() throws(Fault) {
        for number in files.indices where files[number].isChanged {
            var tree = files[number].tree
            for (member, value) in Self.skeleton.object ?? JSONObject() where tree.object?[member] == nil {
                tree[member] = value
            }
            try SmallFile.replace(files[number].path, with: YAML.write(tree))
            files[number].isChanged = false
            files[number].exists = true
        }
    }

    // MARK: The whole

    /// All files as one tree, members and entries in order.
    package var merged: JSON {
        var tree: JSON = ["kind": "Config", "apiVersion": "v1"]
        let preferences = files.lazy.map { $0.tree["preferences"] }.first { $0.object?.isEmpty == false }
        if let preferences { tree["preferences"] = preferences }
        for section in [Section.clusters, .users, .contexts] {
            let entries = names(section).map { name -> JSON in
                ["name": .string(name), section.member: entry(section, name) ?? [:]]
            }
            tree[section.rawValue] = entries.isEmpty ? .null : .array(entries)
        }
        tree["current-context"] = .string(currentContext)
        return tree
    }
}
