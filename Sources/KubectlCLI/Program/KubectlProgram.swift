import CommandLine
import Glibc
import JSON
import KubeModel
import NIOConcurrencyHelpers

/// The kubectl command line, from arguments (what follows the program's name) to exit code.
package func kubectlMain(_ arguments: [String]) async -> Int32 {
    let program = KubectlProgram(
        input: .descriptor(STDIN_FILENO), out: .descriptor(STDOUT_FILENO), err: .descriptor(STDERR_FILENO),
        environment: ProcessEnvironment.current)
    let code = await program.run(arguments)
    RawMode.leave()
    return code
}

package struct KubectlProgram: Sendable {
    let input: Input
    let out: Output
    let err: Output
    let environment: [String: String]

    package init(input: Input, out: Output, err: Output, environment: [String: String]) {
        self.input = input
        self.out = out
        self.err = err
        self.environment = environment
    }

    /// The release whose behaviour this client has.
    package static let version = "v1.36.0"

    package func run(_ arguments: [String]) async -> Int32 {
        do {
            try await execute(arguments)
            return 0
        } catch let exit as Exit {
            return exit.code
        } catch let request as HelpRequest {
            out.write(request.text)
            return 0
        } catch {
            err.write(ErrorText.of(error))
            return ErrorText.exitCode(error)
        }
    }

    private func execute(_ arguments: [String]) async throws {
        var rest = arguments
        var path = "kubectl"
        guard let at = Self.firstWord(rest) else { return try root(rest) }
        let word = rest.remove(at: at)
        if word == "help" { return try help(rest) }
        if word == Self.alpha { return err.line(Self.noAlpha) }
        guard var verb = VerbTree.verb(word) else {
            if at == 0, let plugin = Plugins(environment).find(arguments) {
                throw Plugins.become(plugin.path, Array(arguments.dropFirst(plugin.count)), environment)
            }
            guard at == 0 else {
                throw PlainRefusal(text: "Error: flags cannot be placed before plugin name: \(arguments[0])")
            }
            throw Self.unknown(word)
        }
        path += " \(verb.name)"
        while !verb.subverbs.isEmpty, let at = Self.firstWord(rest), let next = verb.subverb(rest[at]) {
            rest.remove(at: at)
            verb = next
            path += " \(verb.name)"
        }
        try await verb.perform(rest, self, verb, path)
    }

    /// Where the first argument is that is neither a flag nor a flag's value; flags before it are the global ones.
    private static func firstWord(_ arguments: [String]) -> Int? {
        var at = 0
        while at < arguments.count {
            let argument = arguments[at]
            if argument == "--" { return nil }
            guard argument.hasPrefix("-"), argument.count > 1 else { return at }
            at += takesNext(argument) ? 2 : 1
        }
        return nil
    }

    private static func takesNext(_ argument: String) -> Bool {
        guard !argument.contains("=") else { return false }
        if argument.hasPrefix("--") {
            // One that isn't known is taken to have a value: `--help`, too, as the original has it.
            let flag = GlobalOptions.flags.first { $0.name == argument.dropFirst(2) }
            return flag.map { $0.value != nil } ?? true
        }
        guard argument.count == 2, let letter = argument.last else { return false }
        return GlobalOptions.flags.first { $0.short == letter }.map { $0.value != nil } ?? true
    }

    /// The first words of commands that plugins add.
    private var plugins: [String] {
        Plugins(environment).listing().paths.compactMap { path in
            let words = (path.parts("/").last ?? "").dropFirst(Plugins.prefix.count)
            let name = String(words.prefix { $0 != "-" }).replacing("_", with: "-")
            return VerbTree.verb(name) == nil ? name : nil
        }
    }

    private static let alpha = "alpha", noAlpha = "No alpha commands are available in this version of kubectl"

    private func root(_ arguments: [String]) throws {
        var options = GlobalOptions()
        do {
            _ = try FlagParser(GlobalOptions.flags, interspersed: true).parse(arguments, into: &options)
        } catch {
            throw Refusal("\(error)\nSee 'kubectl --help' for usage.")
        }
        throw HelpRequest(text: HelpText.root(plugins))
    }

    private func help(_ words: [String]) throws {
        var path = "kubectl"
        guard let first = words.first else { throw HelpRequest(text: HelpText.root(plugins)) }
        if let flag = words.first(where: { $0.hasPrefix("-") && $0.count > 1 && !["-h", "--help"].contains($0) }) {
            let what =
                flag.hasPrefix("--")
                ? "unknown flag: \(flag.cut("=")?.0 ?? flag)"
                : "unknown shorthand flag: '\(flag.dropFirst().prefix(1))' in \(flag)"
            throw Refusal("\(what)\nSee 'kubectl help --help' for usage.")
        }
        if ["help", "-h", "--help"].contains(first) { throw HelpRequest(text: HelpText.help) }
        if first == Self.alpha { return err.line(Self.noAlpha) }
        guard var verb = VerbTree.verb(first) else {
            let topics = words.map { "`\($0)`" }.joined(separator: " ")
            return err.write("Unknown help topic [\(topics)]\n\n\n\(HelpText.commands(plugins))")
        }
        path += " \(verb.name)"
        for word in words.dropFirst() {
            guard let next = verb.subverb(word) else { break }
            verb = next
            path += " \(verb.name)"
        }
        throw HelpRequest(text: HelpText.page(verb, path))
    }

    private static func unknown(_ word: String) -> Refusal {
        let near = VerbTree.names.filter { name in
            EditDistance.between(word.lowercased(), name) <= 2 || name.hasPrefix(word.lowercased())
        }
        let hint = near.isEmpty ? "" : "\n\nDid you mean this?\n" + near.map { "\t\($0)\n" }.joined()
        return Refusal("unknown command \(word.quoted) for \"kubectl\"\(hint)")
    }
}
