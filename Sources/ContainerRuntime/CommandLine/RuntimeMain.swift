import CLinux
import Fault
import Linux

/// `hako runtime …`: the OCI runtime command line, with runc's commands, flags and words, so that containerd, Podman
/// and others can use it in runc's place. It keeps no process of its own: the container belongs to whoever called it.
///
/// Everything here is synchronous, and the process must have one thread: blocked signals are read from a descriptor,
/// and another thread would take them. A run is a dozen system calls; starting a thread pool takes longer than they do.
package func runtimeMain(_ arguments: [String]) -> Int32 { RuntimeCommandLine.run(arguments) }

/// What is common to all commands.
struct RuntimeInvocation {
    var root: String
    var report = RuntimeReport()
    var usesSystemdPaths = false
    var arguments: RuntimeArguments
}

struct RuntimeCommand: Sendable {
    let name: String
    let usage: String
    let help: String
    let flags: [RuntimeFlag]
    /// What follows the first operand isn't ours: a program's own flags.
    let stopsAtOperand: Bool
    let run: @Sendable (RuntimeInvocation) throws -> Int32

    init(
        name: String, usage: String, help: String, flags: [RuntimeFlag], stopsAtOperand: Bool = false,
        run: @escaping @Sendable (RuntimeInvocation) throws -> Int32
    ) {
        self.name = name
        self.usage = usage
        self.help = help
        self.flags = flags
        self.stopsAtOperand = stopsAtOperand
        self.run = run
    }
}

enum RuntimeCommandLine {
    static let globalFlags = [
        RuntimeFlag("debug", "enable debug logging"),
        RuntimeFlag("log", value: "FILE", "write errors and warnings to this file too (default: /dev/stderr)"),
        RuntimeFlag("log-format", value: "FORMAT", "format of the log: text or json (default: text)"),
        RuntimeFlag("root", value: "FOLDER", "where containers' state is kept (default: /run/hako/runtime)"),
        RuntimeFlag("criu", value: "PATH", "accepted and not used"),
        RuntimeFlag("systemd-cgroup", "cgroupsPath has the form slice:prefix:name"),
        RuntimeFlag("rootless", value: "MODE", "accepted and not used: true, false or auto"),
        RuntimeFlag("cgroup-manager", value: "MANAGER", "cgroupfs, or systemd for paths of the form slice:prefix:name"),
        RuntimeFlag("help", short: "h", "show help"), RuntimeFlag("version", short: "v", "print the version"),
    ]

    static let commands: [RuntimeCommand] =
        [createCommand, runCommand, startCommand, stateCommand, killCommand, deleteCommand, execCommand, listCommand]
        + [psCommand, pauseCommand, resumeCommand, updateCommand, eventsCommand, specCommand, featuresCommand]

    static func run(_ arguments: [String]) -> Int32 {
        var report = RuntimeReport()
        var code: Int32 = 1
        do {
            let global = try RuntimeArguments(arguments, flags: globalFlags, stopsAtOperand: true)
            report = RuntimeReport(path: global.text("log"), isJSON: global.text("log-format") == "json")
            if let format = global.text("log-format"), format != "json", format != "text" {
                throw Fault(.invalid, "invalid log-format: \(format)")
            }
            if global.isOn("version") { return version() }
            guard let name = global.operands.first, name != "help", name != "h", !global.isOn("help") else {
                return help()
            }
            guard let command = commands.first(where: { $0.name == name }) else {
                throw Fault(.invalid, "No help topic for '\(name)'")
            }
            // An exec's failure must not look like the exit code 1 of what it ran.
            if name == "exec" { code = 255 }
            let flags = command.flags + [RuntimeFlag("help", short: "h", "show help")]
            let own = try RuntimeArguments(
                global.operands.dropFirst(), flags: flags, stopsAtOperand: command.stopsAtOperand)
            if own.isOn("help") { return help(command) }
            var invocation = RuntimeInvocation(
                root: global.text("root") ?? "/run/hako/runtime", report: report, arguments: own)
            invocation.root = absolute(invocation.root)
            invocation.usesSystemdPaths = global.isOn("systemd-cgroup") || global.text("cgroup-manager") == "systemd"
            let result = try command.run(invocation)
            report.releaseWarnings()
            return result
        } catch {
            report.error(sentence(error))
            return code
        }
    }

    /// The path as seen from "/".
    static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        var space = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard getcwd(&space, space.count) != nil else { return path }
        let current = String(decoding: space.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return path.isEmpty || path == "." ? current : ControlPath.clean(current + "/" + path)
    }

    private static func version() -> Int32 {
        RuntimeReport.put("hako runtime version 0.1.0\nspec: 1.2.0\n")
        return 0
    }

    private static func help() -> Int32 {
        var text = "Usage:  hako runtime [OPTIONS] COMMAND [ARG...]\n\nRun containers from OCI bundles\n\nCommands:\n"
        for command in commands { text += "  \(padded(command.name, 12))\(command.help)\n" }
        text += "\nOptions:\n" + list(globalFlags)
        RuntimeReport.put(text)
        return 0
    }

    private static func help(_ command: RuntimeCommand) -> Int32 {
        var text = "Usage:  hako runtime \(command.name) \(command.usage)\n\n\(command.help)\n"
        if !command.flags.isEmpty { text += "\nOptions:\n" + list(command.flags) }
        RuntimeReport.put(text)
        return 0
    }

    private static func list(_ flags: [RuntimeFlag]) -> String {
        flags.map { flag in
            let short = flag.short.map { "-\($0), " } ?? "    "
            return "  " + padded(short + "--\(flag.name)" + (flag.value.map { " " + $0 } ?? ""), 30) + " \(flag.help)\n"
        }.joined()
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
