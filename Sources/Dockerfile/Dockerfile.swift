import Fault
import JSON

/// A Dockerfile as stages; nothing in it is expanded yet.
package struct Dockerfile: Sendable, Equatable {
    package struct Stage: Sendable, Equatable {
        package var base: BaseImage
        package var instructions: [Instruction]
        /// Of its FROM.
        package var from: Instruction
    }

    /// ARG before the first FROM.
    package var arguments: [BuildArgument]
    package var stages: [Stage]
    package var escape: Character

    /// `name` is how errors call the file.
    package init(_ text: String, name: String = "Dockerfile") throws(Fault) {
        let file = try LogicalLines(text)
        guard !file.lines.isEmpty else { throw Fault(.invalid, "the Dockerfile (\(name)) cannot be empty") }
        escape = file.escape
        arguments = []
        stages = []
        let parser = InstructionParser(escape: escape)
        for line in file.lines {
            do throws(Fault) { try add(try parser.parse(line)) } catch {
                throw .dockerfile(line: line.lines.lowerBound, error.message)
            }
        }
        guard !stages.isEmpty else { throw Fault(.invalid, "no build stage in current context") }
    }

    private mutating func add(_ instruction: Instruction) throws(Fault) {
        switch instruction.kind {
        case .from(let base): stages.append(Stage(base: base, instructions: [], from: instruction))
        case .argument(let declared) where stages.isEmpty: arguments += declared
        default:
            guard !stages.isEmpty else { throw Fault(.invalid, "no build stage in current context") }
            stages[stages.count - 1].instructions.append(instruction)
        }
    }

    /// The stage of that name or number among the first `limit`; nil: it is an image.
    package func stage(_ name: String, before limit: Int) -> Int? {
        if let number = Int(name), number >= 0, number < limit { return number }
        let wanted = name.lowercased()
        return stages[..<min(limit, stages.count)].lastIndex { $0.base.alias == wanted }
    }

    /// What is built: the last stage, or the one that `target` names.
    package func target(_ name: String?) throws(Fault) -> Int {
        guard let name, !name.isEmpty else { return stages.count - 1 }
        if let index = stages.lastIndex(where: { $0.base.alias == name.lowercased() }) { return index }
        if let number = Int(name), stages.indices.contains(number) { return number }
        let near = Nearest.name(to: name, among: stages.compactMap(\.base.alias)).map { " (did you mean \($0)?)" } ?? ""
        throw Fault(.invalid, "target stage \(JSON(name).text) could not be found\(near)")
    }
}
