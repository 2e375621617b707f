import KubeModel
import NIOConcurrencyHelpers

/// All resources that are served now: the built-in ones, and those of established CustomResourceDefinitions.
package final class ResourceTable: Sendable {
    private struct State {
        var builtIn: [ServedResource] = []
        var custom: [String: [ServedResource]] = [:]
        var byName: [String: ServedResource] = [:]
        var generation = 0
    }

    private let state: NIOLockedValueBox<State>

    package init(_ builtIn: [ServedResource]) {
        var state = State()
        state.builtIn = builtIn
        Self.index(&state)
        self.state = NIOLockedValueBox(state)
    }

    package func find(group: String, version: String, resource: String) -> ServedResource? {
        state.withLockedValue { $0.byName["\(group)/\(version)/\(resource)"] }
    }

    /// In discovery's order: the built-in ones first.
    package var all: [ServedResource] {
        state.withLockedValue { state in
            state.builtIn + state.custom.keys.sorted().flatMap { state.custom[$0] ?? [] }
        }
    }

    /// Counts changes, so that documents made from the table can be kept until it changes.
    package var generation: Int { state.withLockedValue { $0.generation } }

    /// Serves the resources of one definition, in place of what it had before; none: no longer.
    package func setCustom(_ definition: String, _ resources: [ServedResource]) {
        state.withLockedValue { state in
            state.custom[definition] = resources.isEmpty ? nil : resources
            Self.index(&state)
        }
    }

    /// The served versions of one definition.
    package func custom(_ definition: String) -> [ServedResource] {
        state.withLockedValue { $0.custom[definition] ?? [] }
    }

    /// Takes out what belongs to no definition in `definitions`.
    package func keepCustom(_ definitions: Set<String>) {
        state.withLockedValue { state in
            guard !definitions.isSuperset(of: state.custom.keys) else { return }
            state.custom = state.custom.filter { definitions.contains($0.key) }
            Self.index(&state)
        }
    }

    private static func index(_ state: inout State) {
        state.generation += 1
        let all = state.builtIn + state.custom.values.flatMap { $0 }
        state.byName = Dictionary(
            all.map { ("\($0.groupVersion.group)/\($0.groupVersion.version)/\($0.resource.plural)", $0) },
            uniquingKeysWith: { first, _ in first })
    }
}
