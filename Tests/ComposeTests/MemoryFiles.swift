import Compose
import Fault

/// Files that are only in memory.
struct MemoryFiles {
    var files: [String: String]

    var access: FileAccess {
        let files = files
        return FileAccess(
            read: { path in
                guard let text = files[path] else {
                    throw Fault(.notFound, "open \(path): no such file or directory")
                }
                return Array(text.utf8)
            }, isFile: { files[$0] != nil })
    }

    /// Loads `/w/compose.yaml` and what is laid over it.
    func project(
        _ names: [String] = ["compose.yaml"], environment: [String: String] = [:], name: String = "",
        profiles: [String] = []
    ) throws -> Project {
        var request = LoadRequest(
            files: names.map { "/w/\($0)" }, workingDirectory: "/w", environment: environment)
        request.show = { $0.hasPrefix("/w/") ? String($0.dropFirst(3)) : $0 }
        request.name = name
        request.profiles = profiles
        return try Project.load(request, access)
    }

    static func project(_ text: String, environment: [String: String] = [:]) throws -> Project {
        try MemoryFiles(files: ["/w/compose.yaml": text]).project(environment: environment)
    }
}
