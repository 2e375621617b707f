import Foundation
import TestKit
import Testing

/// What our kubectl and the original know: every command's subcommands, and its flags with their letters and defaults.
@Suite("kubectl's commands and flags beside the original's", .serialized, .enabled(if: KubeSandbox.hasKubectl))
struct KubectlFlagsTests {
    /// Commands that aren't in this version: preferences of the client's own file.
    private static let absent: Set<String> = ["kuberc"]
    /// Defaults that say where the user's files are.
    private static let local: Set<String> = ["cache-dir", "kuberc"]

    private struct Page {
        var subcommands: [String] = []
        /// `-n, --namespace=''` and the like.
        var flags: Set<String> = []
        var usage = ""

        init(_ text: String) {
            var section = ""
            for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
                if section == "Usage:", usage.isEmpty { usage = line }
                if line.first?.isUppercase == true {
                    section = line
                } else if section.contains("Commands"), let match = line.firstMatch(of: #/^  ([a-z][\w-]*)\s\s/#) {
                    subcommands.append(String(match.1))
                } else if let match = line.firstMatch(of: /^    ((?:-\w, )?--([\w-]+)=.*):$/),
                    !KubectlFlagsTests.local.contains(String(match.2))
                {
                    flags.insert(String(match.1))
                }
            }
        }
    }

    private static func page(_ program: [String], _ path: [String]) async throws -> Page {
        let answer = try await Command.run(
            program + path + ["--help"], environment: ["HOME": "/nonexistent", "PATH": ""], input: "", seconds: 60)
        #expect(answer.status == 0 && answer.err == "", "\(answer)")
        return Page(answer.out)
    }

    @Test("every command has the original's subcommands, usage and flags, with letters and defaults")
    func flags() async throws {
        var open: [[String]] = [[]], count = 0
        while let path = open.popLast() {
            let theirs = try await Self.page([Repo.root + "/out/kube/bin/kubectl"], path)
            let ours = try await Self.page([Repo.hako, "kubectl"], path)
            let words = path.joined(separator: " ")
            var lacks = theirs.flags.subtracting(ours.flags), more = ours.flags.subtracting(theirs.flags)
            // The flag of every command has a letter, and here it has one, too.
            if words == "config set-cluster", more.remove("-s, --server=''") != nil { lacks.remove("--server=''") }
            #expect(lacks.isEmpty, "kubectl \(words) lacks \(lacks.sorted())")
            #expect(more.isEmpty, "kubectl \(words) has \(more.sorted()), which the original hasn't")
            #expect(ours.usage == theirs.usage, "kubectl \(words)")
            let names = Set(theirs.subcommands).subtracting(Self.absent)
            #expect(Set(ours.subcommands) == names, "kubectl \(words)")
            open += names.sorted().map { path + [$0] }
            count += 1
        }
        #expect(count > 70, "the walk met \(count) pages")
    }
}
