import CLinux
import Fault
import JSON
import Linux

let stateCommand = RuntimeCommand(
    name: "state", usage: "CONTAINER", help: "Print a container's state", flags: []
) { invocation in
    let container = try OCIContainer.load(try invocation.arguments.container(), root: invocation.root)
    RuntimeReport.put(container.state(container.status).pretty(indent: "  ") + "\n")
    return 0
}

let listCommand = RuntimeCommand(
    name: "list", usage: "[OPTIONS]", help: "List the containers below --root",
    flags: [
        RuntimeFlag("format", short: "f", value: "FORMAT", "table or json (default: table)"),
        RuntimeFlag("quiet", short: "q", "ids only"),
    ]
) { invocation in
    // One that another command deletes meanwhile is left out.
    let containers = OCIContainer.all(root: invocation.root).compactMap {
        try? OCIContainer.load($0, root: invocation.root)
    }
    if invocation.arguments.isOn("quiet") {
        RuntimeReport.put(containers.map { $0.id + "\n" }.joined())
        return 0
    }
    switch invocation.arguments.text("format") ?? "table" {
    case "json":
        let list = JSON.array(containers.map { $0.state($0.status) })
        RuntimeReport.put(containers.isEmpty ? "null" : String(decoding: list.bytes(), as: UTF8.self))
    case "table":
        var rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]]
        for container in containers {
            let state = container.state(container.status)
            let owner = state["owner"].string ?? ""
            rows.append([
                container.id, "\(state["pid"].int ?? 0)", state["status"].string ?? "", container.bundle,
                state["created"].string ?? "", owner.isEmpty ? "root" : "#" + owner,
            ])
        }
        RuntimeReport.put(table(rows))
    case let other: throw Fault(.invalid, "invalid format option: \(other)")
    }
    return 0
}

/// Columns as wide as their widest cell, three spaces apart, at least twelve, as runc prints them.
private func table(_ rows: [[String]]) -> String {
    let widths = (rows.first ?? []).indices.map { column in max(12, (rows.map { $0[column].count }.max() ?? 0) + 3) }
    return rows.map { row in
        zip(row, widths).enumerated().map { index, cell in
            index == row.count - 1 ? cell.0 : RuntimeCommandLine.padded(cell.0, cell.1)
        }.joined() + "\n"
    }.joined()
}

let psCommand = RuntimeCommand(
    name: "ps", usage: "[OPTIONS] CONTAINER [PS OPTIONS]", help: "List the processes of a container",
    flags: [RuntimeFlag("format", short: "f", value: "FORMAT", "table or json (default: table)")], stopsAtOperand: true
) { invocation in
    guard let id = invocation.arguments.operands.first else { throw Fault(.invalid, "container id cannot be empty") }
    let container = try OCIContainer.load(id, root: invocation.root)
    let pids = try container.group().processes().sorted()
    switch invocation.arguments.text("format") ?? "table" {
    case "json": RuntimeReport.put(String(decoding: JSON.array(pids.map { JSON($0) }).bytes(), as: UTF8.self) + "\n")
    case "table": return try printProcesses(pids, Array(invocation.arguments.operands.dropFirst()))
    case let other: throw Fault(.invalid, "invalid format option: \(other)")
    }
    return 0
}

/// ps(1) with the user's options, cut down to the container's processes by its PID column.
private func printProcesses(_ pids: [Int32], _ options: [String]) throws -> Int32 {
    let output = try commandOutput("ps", options.isEmpty ? ["-ef"] : options)
    let lines = output.split(separator: "\n")
    guard let head = lines.first,
        let column = head.split(whereSeparator: \.isWhitespace).firstIndex(of: "PID")
    else { throw Fault(.invalid, "couldn't find PID field in ps output") }
    var text = head + "\n"
    for line in lines.dropFirst() {
        let fields = line.split(whereSeparator: \.isWhitespace)
        if column < fields.count, let pid = Int32(fields[column]), pids.contains(pid) { text += line + "\n" }
    }
    RuntimeReport.put(String(text))
    return 0
}

private func commandOutput(_ program: String, _ arguments: [String]) throws -> String {
    var ends: [Int32] = [-1, -1]
    try kernel("pipe2", program) { pipe2(&ends, O_CLOEXEC) }
    let near = OwnedDescriptor(taking: ends[0]), far = OwnedDescriptor(taking: ends[1])
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, far.raw, 1)
    let words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, program, &actions, nil, words, hako_environ())
    if code != 0 { throw KernelError(call: "posix_spawnp", subject: program, errno: code) }
    far.close()
    defer { waitpid(pid, nil, 0) }
    return String(decoding: try near.readToEnd(limit: 64 << 20, subject: program), as: UTF8.self)
}
