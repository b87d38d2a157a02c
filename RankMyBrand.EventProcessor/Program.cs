using RankMyBrand.EventProcessor.Administration;
using RankMyBrand.EventProcessor.Administration.Commands;
using RankMyBrand.EventProcessor.Brands;
using RankMyBrand.EventProcessor.Events;
using RankMyBrand.ServiceDefaults.Startup;

StartupFaults.ReportUnhandled();
if (AdministrationCli.Handles(args))
    return await AdministrationCli.RunAsync(args, Console.Out, Console.Error);

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddEventBus();
builder.AddEventArchive();
builder.AddEventReplays();
builder.AddBrandVisibility();
builder.Services.AddOpenApi();

var app = builder.Build();
app.UseWebSockets();
app.MapDefaultEndpoints();
app.MapEvents();
app.MapLiveEvents();
app.MapBrandMetrics();
app.MapAdministration();
app.MapOpenApi();
await app.RunAsync();
return 0;
