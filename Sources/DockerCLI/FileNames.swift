import Glibc

/// What is in a folder.
enum FileNames {
    /// None when there is no such folder.
    static func all(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// With its files. - Returns: false when there is none.
    static func removeFolder(_ folder: String) -> Bool {
        for name in all(in: folder) { unlink("\(folder)/\(name)") }
        return rmdir(folder) == 0
    }
}
