namespace Aspire.Hosting.ApplicationModel;

/// <summary>Kinds of relations between resources.</summary>
internal static class RelationshipTypes
{
    public const string Reference = "Reference";
    public const string WaitFor = "WaitFor";
    public const string Parent = "Parent";
}

/// <summary>Finds the resources that a value is made of.</summary>
internal static class ResourceReferences
{
    public static IEnumerable<IResource> Of(object? value)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var open = new Stack<object>();
        if (value is not null)
            open.Push(value);

        while (open.TryPop(out var next))
        {
            if (!seen.Add(next))
                continue;

            if (next is IResource resource)
                yield return resource;
            else if (next is IValueWithReferences compound)
            {
                foreach (var reference in compound.References)
                    open.Push(reference);
            }
        }
    }
}
