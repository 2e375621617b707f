import CLinux
import Engine
import Fault
import ImageStore
import JSON
import Linux

/// A context that is a git repository: `address[#reference[:folder]]`. The host's git does the work.
enum GitContext {
    enum Limit {
        /// Longest text of git's that is kept, in bytes.
        static let outputBytes = 64 << 10
    }

    /// Answers the context's place inside the folder.
    static func clone(_ address: String, into folder: String) async throws -> String {
        let parts = address.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let fragment = parts.count > 1 ? parts[1] : ""
        let pieces = fragment.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let reference = pieces.first ?? ""
        for text in [parts[0], reference] where text.hasPrefix("-") {
            throw Fault(.invalid, "invalid git address: \(address)")
        }
        try await git(["init", "-q", folder], address)
        try await fetch(parts[0], reference.isEmpty ? "HEAD" : reference, into: folder, address)
        try await git(["-C", folder, "checkout", "-q", "FETCH_HEAD"], address)
        try await onPool { try FileTree.remove(folder + "/.git") }
        return pieces.count > 1 && !pieces[1].isEmpty ? "/" + pieces[1] : "/"
    }

    private static func fetch(
        _ repository: String, _ reference: String, into folder: String, _ address: String
    ) async throws {
        let all = ["-C", folder, "fetch", "-q"]
        do {
            try await git(all + ["--depth", "1", repository, reference], address)
        } catch let fault as Fault {
            if fault.message.contains("couldn't find remote ref") {
                throw Fault(
                    .invalid, "repository does not contain ref \(reference), output: \(JSON("").text)", cause: fault)
            }
            // Plain files over HTTP can only be had with their whole history.
            guard fault.message.contains("does not support shallow") else { throw fault }
            try await git(all + [repository, reference], address)
        }
    }

    private static func git(_ arguments: [String], _ address: String) async throws {
        // Addresses are other people's: no helper programs, no files of this machine.
        let guarded = ["-c", "protocol.ext.allow=never", "-c", "protocol.file.allow=never"] + arguments
        let (status, _, complaint) = try await onPool {
            guard access("/usr/bin/git", X_OK) == 0 else {
                throw Fault(.invalid, "can't fetch \(address): git isn't installed on this machine")
            }
            return try HostProgram.run("/usr/bin/git", guarded, limit: Limit.outputBytes)
        }
        guard status == 0 else { throw Fault(.invalid, "can't fetch \(address): \(complaint.prefix(500))") }
    }
}
