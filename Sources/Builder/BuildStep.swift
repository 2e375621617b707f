import DockerModel
import Dockerfile
import Fault
import JSON
import NIOCore
import OCI

/// One instruction of a build, as those who follow it know it.
package struct BuildStep: Sendable {
    /// Its stage's place in the file.
    package var stage: Int
    /// The stage's name, `stage-N` without one; empty when the file has but one stage.
    package var stageName: String
    package var platform: Platform
    package var instruction: Instruction
    /// Among all steps of the build, from 1.
    package var number: Int
    package var total: Int
    /// Among those of its stage that have to do with files, from 1; 0: it only changes settings.
    package var fileStep = 0
    package var fileSteps = 0
    /// An ONBUILD instruction of the base.
    package var isTrigger = false
    /// As people read it: the instruction with the variables that are known; FROM with the image's whole name.
    package var title: String
    /// Of FROM: the stage by whose line people know its image, where several begin with it; nil: its own.
    package var teller: Teller?
    package var line = Line.numbered
    /// An image that a step takes files from: part of that step to those who follow steps by number.
    package var isBorrowed = false

    package struct Teller: Sendable {
        package var stage: Int
        package var stageName: String
        package var fileSteps: Int
    }

    /// How those who follow the build know it.
    package enum Line: Sendable, Equatable {
        /// By its place, if it has one.
        case numbered
        /// An image that stands for this name.
        case context(String)
        case borrowed
    }

    /// Whether there is a line for it.
    package var isShown: Bool { fileStep > 0 || line != .numbered }

    /// As BuildKit calls it: `[stage 2/5] RUN make`.
    package var name: String { name(naming: nil) }

    /// - Parameter platform: named too; nil: there is but one.
    package func name(naming platform: Platform?) -> String {
        switch line {
        case .numbered: break
        case .context(let name): return "[context \(name)] \(title.dropFirst("FROM ".count))"
        case .borrowed: return title
        }
        let fileSteps = teller?.fileSteps ?? fileSteps, stageName = teller?.stageName ?? stageName
        let width = String(fileSteps).count
        let number = String(repeating: " ", count: max(0, width - String(fileStep).count)) + String(fileStep)
        let names = [platform.map { "\($0)" } ?? "", stageName].filter { !$0.isEmpty }
        let place = (names + ["\(number)/\(fileSteps)"]).joined(separator: " ")
        return "[\(place)] \(title.prefix { !$0.isNewline })"
    }
}

package enum BuildEvent: Sendable {
    case began
    /// What it takes (a context's files, other stages' outcomes) is there.
    case ready
    case cached
    /// A program runs, under this name.
    case running(String)
    case ran(String)
    case output(OutputChunk)
    /// A message of the engine's pull.
    case pull(JSON)
    /// So many ONBUILD instructions of the base follow.
    case triggers(Int)
    /// Done; the digest is of the config so far.
    case ended(Digest)
    case failed(any Error)
}

/// Who is told how a build gets on: a front door. Suspends while its client doesn't read.
package protocol BuildListener: Sendable {
    func hear(_ event: BuildEvent, of step: BuildStep) async throws
    /// The stage has nothing more to say, well or not.
    func endOfStage(_ index: Int) async throws
}

/// An error of an instruction, and where it stands.
package struct StepError: Error, CustomStringConvertible {
    package var error: any Error
    package var step: BuildStep

    package var description: String { sentence(error) }

    /// As the classic stream says it, the line in front.
    func fault(file: String) -> any Error {
        guard let fault = (error as? SourceMissing)?.fault ?? error as? Fault else { return error }
        let place = "\(file):\(step.instruction.lines.lowerBound)"
        if fault.message.hasPrefix("dockerfile parse error") || fault.message.contains(place) { return fault }
        return Fault(fault.kind, "\(place): \(fault.message)", cause: fault)
    }
}

/// Nothing is where COPY or ADD takes from.
package struct SourceMissing: Error, CustomStringConvertible {
    package var path: String
    package var fault: Fault

    package var description: String { fault.message }
}

/// An image that a stage begins with can't be had.
package struct ImageMissing: Error, CustomStringConvertible {
    package var name: String
    package var reference: Reference
    package var error: any Error

    package var description: String { sentence(error) }
}
