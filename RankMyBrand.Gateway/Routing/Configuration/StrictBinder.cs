using System.Collections;
using System.ComponentModel;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>
/// Reads objects from configuration and tells everything that it does not understand: the binder by itself overlooks a misspelt
/// setting, and a route would quietly lose its limit.
/// </summary>
internal sealed class StrictBinder(List<string> failures)
{
    /// <param name="isForeign">Which settings belong to somebody else.</param>
    /// <returns>Null when something is wrong, which is among the failures then.</returns>
    public T? Bind<T>(IConfigurationSection section, Func<IConfigurationSection, bool>? isForeign = null)
        where T : class, new()
    {
        var before = failures.Count;
        CheckKeys(section.GetChildren().Where(child => isForeign?.Invoke(child) != true), typeof(T), isInList: false);
        if (failures.Count > before)
            return null;
        try
        {
            return section.Get<T>() ?? new T();
        }
        catch (InvalidOperationException e)
        {
            // The innermost message names key, value and type; those around it say that binding failed.
            Exception reason = e;
            while (reason.InnerException is InvalidOperationException inner)
                reason = inner;
            failures.Add(reason.Message);
            return null;
        }
    }

    private void CheckKeys(IEnumerable<IConfigurationSection> children, Type type, bool isInList)
    {
        var properties = type.GetProperties().Where(property => property.CanWrite || !IsScalar(property.PropertyType)).ToArray();
        foreach (var child in children)
        {
            if (Array.Find(properties, property => property.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase)) is { } property)
                CheckValue(child, property.PropertyType, isInList);
            else
            {
                failures.Add(
                    $"{child.Path} is not a setting; those are {string.Join(", ", properties.Select(property => property.Name))}.");
            }
        }
    }

    private void CheckValue(IConfigurationSection section, Type type, bool isInList)
    {
        var hasChildren = section.GetChildren().Any();
        if (IsScalar(type))
        {
            if (hasChildren)
                failures.Add($"{section.Path} has settings of its own; it must be one value.");
            // Of a list the binder would leave out the whole item.
            else if (isInList && !CanRead(section.Value, Nullable.GetUnderlyingType(type) ?? type))
                failures.Add($"{section.Path} is '{section.Value}'; it must be {Expected(Nullable.GetUnderlyingType(type) ?? type)}.");
            return;
        }

        // An empty text is how configuration represents an empty object or list.
        if (!hasChildren && !string.IsNullOrEmpty(section.Value))
            failures.Add($"{section.Path} is '{section.Value}'; it must be an object or a list.");
        if (ItemOf(type) is not { } item)
        {
            CheckKeys(section.GetChildren(), type, isInList);
            return;
        }

        foreach (var child in section.GetChildren())
            CheckValue(child, item, isInList: true);
    }

    private static bool CanRead(string? value, Type type)
    {
        try
        {
            return string.IsNullOrEmpty(value) || TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value) is not null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            return false;
        }
    }

    private static string Expected(Type type) =>
        type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}" : $"a value of {type.Name}";

    private static Type? ItemOf(Type type)
    {
        if (!typeof(IEnumerable).IsAssignableFrom(type))
            return null;
        return type.IsArray ? type.GetElementType() : type.GetGenericArguments()[^1];
    }

    private static bool IsScalar(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(TimeSpan) || type == typeof(Uri);
    }
}
