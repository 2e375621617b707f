import CLinux
import CommandLine
import Glibc

enum FolderListing {
    /// What is in a folder, in no order.
    static func names(_ folder: String) throws -> [String] {
        guard let directory = opendir(folder) else {
            throw Refusal("error reading \(folder.quoted): \(WholeFile.message(errno))")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
