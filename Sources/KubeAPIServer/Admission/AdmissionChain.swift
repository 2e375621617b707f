import KubeModel

/// The admission plugins in the original's order: all `mutate`, then the caller validates the object, then all `validate`.
package struct AdmissionChain: Sendable {
    private let plugins: [any AdmissionPlugin]

    package init(_ plugins: [any AdmissionPlugin]) { self.plugins = plugins }

    package var names: [String] { plugins.map(\.name) }

    package func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        for plugin in plugins { try await plugin.mutate(&request, reader) }
    }

    /// - Parameter request: its `name` is the generated one by now.
    package func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        for plugin in plugins { try await plugin.validate(&request, reader) }
    }
}
