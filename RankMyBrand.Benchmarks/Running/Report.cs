using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace RankMyBrand.Benchmarks.Running;

/// <summary>Shows figures as a table, and writes them as JSON.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static void Print(IReadOnlyList<Figure> figures)
    {
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Capabilities.Ansi = false;
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("Benchmark", "Unit");
        foreach (var column in (string[])["Ours", "Peer", "Ratio", "Goal"])
            table.AddColumn(new TableColumn(column).RightAligned());
        table.AddColumn("Met");
        foreach (var figure in figures)
        {
            table.AddRow(
                Markup.Escape(figure.Name),
                Markup.Escape(figure.Unit),
                Number(figure.Ours),
                Number(figure.Peer),
                figure.Ratio?.ToString("0.00", CultureInfo.InvariantCulture) ?? "",
                Number(figure.Goal),
                figure.Met switch { true => "[green]yes[/]", false => "[red]no[/]", null => "" });
        }

        AnsiConsole.Write(table);
        foreach (var figure in figures)
            AnsiConsole.MarkupLineInterpolated($"[dim]{figure.Name}: {About(figure)}[/]");
    }

    public static async Task WriteAsync(IReadOnlyList<Figure> figures, string file)
    {
        await using var stream = File.Create(file);
        await JsonSerializer.SerializeAsync(stream, figures, s_json);
    }

    private static string About(Figure figure) => figure switch
    {
        { PeerName: { } peer, Note: { } note } => $"against {peer}; {note}",
        { PeerName: { } peer } => $"against {peer}",
        _ => figure.Note ?? "no peer",
    };

    private static string Number(double? number) => number switch
    {
        null => "",
        >= 1000 or <= -1000 => number.Value.ToString("N0", CultureInfo.InvariantCulture),
        _ => number.Value.ToString("0.###", CultureInfo.InvariantCulture),
    };
}
