import Fault

extension ImageSettings {
    /// Applies an instruction that changes nothing but the config; false: it is another kind. `setsCommand` is whether
    /// CMD came before, whose words an ENTRYPOINT then keeps.
    package mutating func apply(
        _ kind: Instruction.Kind, _ words: ShellWords, setsCommand: inout Bool
    ) throws(Fault) -> Bool {
        switch kind {
        case .environment(let list): set(environment: try Self.expand(list, words))
        case .label(let list): set(labels: try Self.expand(list, words))
        case .workingFolder(let path): set(workingFolder: try words.expand(path))
        case .user(let text): set(user: try words.expand(text))
        case .expose(let ports): for port in ports { try expose(try words.split(port)) }
        case .volume(let folders):
            add(volumes: try folders.map { (folder) throws(Fault) in try words.expand(folder) })
        case .command(let form):
            set(command: form)
            setsCommand = true
        case .entrypoint(let form): set(entrypoint: form, keepsCommand: setsCommand)
        case .health(let options): set(health: options)
        case .shell(let list): set(shell: list)
        case .stopSignal(let text): set(stopSignal: try words.expand(text))
        case .trigger(let text): add(trigger: text)
        case .from, .argument, .run, .transfer, .maintainer: return false
        }
        return true
    }

    private static func expand(_ list: [KeyValue], _ words: ShellWords) throws(Fault) -> [KeyValue] {
        try list.map { (pair) throws(Fault) in
            KeyValue(key: try words.expand(pair.key), value: try words.expand(pair.value))
        }
    }
}
