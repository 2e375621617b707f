/// What this program calls itself, and which Docker release it stands in for.
package enum Product {
    package static let name = "Hakobune"
    package static let version = "0.1.0"
}
