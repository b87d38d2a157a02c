using System.Runtime.InteropServices;

namespace RankMyBrand.EventProcessor.Brands.Matching;

/// <summary>One occurrence of a brand in a text.</summary>
/// <param name="Brand">The brand's place in the list that the matcher was made of.</param>
/// <param name="Position">Where it begins: the index of the UTF-16 code unit, from 0.</param>
/// <param name="Length">How many UTF-16 code units of the text it covers.</param>
/// <param name="Word">How many words begin before it: 0 when it is the first.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Mention(int Brand, int Position, int Length, int Word);
