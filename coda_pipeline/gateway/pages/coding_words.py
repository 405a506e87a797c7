"""What the pages about CODING say, in Russian and English. Pure; part of `words`."""

from coda_pipeline.gateway.words import Words

_TOKEN_PLACE = Words("личные настройки → токены доступа", "personal settings → access tokens")

CODING_PAGES: dict[str, Words] = {
    "/coding": Words("Задачи CODING", "CODING"),
    "coding_say": Words(
        "Команды CODING, чьи задачи, итерации и участники копируются в базу.",
        "The CODING teams whose issues, iterations and members are copied into the warehouse.",
    ),
    "coding_team": Words("Команда", "Team"),
    "coding_projects": Words("Проекты", "Projects"),
    "coding_mode": Words("Как приходят изменения", "How changes arrive"),
    "mode_polling": Words("только опросом", "by polling alone"),
    "mode_webhook": Words("сообщениями из CODING, опрос реже", "by webhooks, with a slow poll behind"),
    "mode_both": Words("сообщениями из CODING и опросом", "by webhooks and by polling"),
    "coding_last_test": Words("Проверка", "Last test"),
    "test_never": Words("ещё не проверяли", "not tested yet"),
    "test_fine": Words("всё в порядке", "everything is fine"),
    "test_wrong": Words("не в порядке: {n}", "to put right: {n}"),
    "coding_lately": Words("Сообщений за сутки", "Deliveries in a day"),
    # one team: how it is connected
    "coding_connection": Words("Подключение", "Connection"),
    "by_token": Words("По токену из переменной", "By the token in the variable"),
    "is_set": Words("задана", "set"),
    "is_not_set": Words("не задана", "not set"),
    "get_token": Words(
        f"Токен создают в CODING: {_TOKEN_PLACE.ru}. Ему нужны права {{scopes}}; его владелец должен быть "
        "участником каждого проекта. Значение переменной задаёт администратор.",
        f"A token is made in CODING under {_TOKEN_PLACE.en}. It needs the scopes {{scopes}}, and its owner "
        "has to be a member of each project. The administrator sets the variable.",
    ),
    "get_project_token": Words(
        "Токен проекта создают в CODING в настройках проекта и записывают в переменную как имя:пароль. "
        "Значение задаёт администратор.",
        "A project token is made in CODING in the project's settings and goes into the variable as "
        "user:password. The administrator sets it.",
    ),
    "by_grant": Words(
        "Подключение кнопкой: вы входите в CODING и разрешаете читать команду. Токен вводить не нужно.",
        "By the button: you sign in to CODING and allow the team to be read. No token has to be copied.",
    ),
    "granted": Words(
        "Подключено: {who}, {at}. Обновляется само; если не читать вовсе, действует до {until}.",
        "Connected by {who}, {at}. It renews itself; if nothing is ever read, it lasts until {until}.",
    ),
    "grant_refused": Words(
        "CODING больше не принимает это подключение ({at}). Подключите команду заново.",
        "CODING no longer accepts this connection ({at}). Connect the team again.",
    ),
    "not_granted_yet": Words("Команда ещё не подключена.", "The team is not connected yet."),
    "connect": Words("Подключить через CODING", "Connect at CODING"),
    "connect_again": Words("Подключить заново", "Connect again"),
    "lacks_app": Words(
        "Кнопка появится, когда администратор задаст CODING_OAUTH_CLIENT_ID и CODING_OAUTH_CLIENT_SECRET: "
        "это приложение OAuth, которое создают в CODING, с обратным адресом:",
        "The button appears once the administrator has set CODING_OAUTH_CLIENT_ID and "
        "CODING_OAUTH_CLIENT_SECRET: an OAuth application made in CODING, with this address to come back to:",
    ),
    "lacks_key": Words(
        "Кнопка появится, когда администратор задаст CODA_PIPELINE_SECRET_KEY: без ключа подключение негде "
        "сохранить зашифрованным. Ключ делает команда:",
        "The button appears once the administrator has set CODA_PIPELINE_SECRET_KEY: without a key nothing "
        "is kept, since it could not be encrypted. This makes a key:",
    ),
    # the test
    "coding_test": Words("Проверка", "Test"),
    "test_now": Words("Проверить подключение", "Test the connection"),
    "test_says": Words(
        "Несколько коротких запросов к CODING; ничего не меняется.",
        "Some short questions to CODING; nothing is changed.",
    ),
    "tested_by": Words("Проверено: {at}, {who}", "Tested: {at}, by {who}"),
    "step_token": Words("Токен", "Token"),
    "step_grant": Words("Подключение", "Connection"),
    "step_project": Words("Проект {project}", "Project {project}"),
    "step_issues": Words("{project}: задачи", "{project}: issues"),
    "step_iterations": Words("{project}: итерации", "{project}: iterations"),
    "step_project_members": Words("{project}: участники", "{project}: members"),
    "fine": Words("в порядке", "fine"),
    "wrong": Words("не в порядке", "wrong"),
    "not_tried": Words(
        "Остальные шаги не проверялись: сначала исправьте этот.",
        "The other steps were not tried: put this one right first.",
    ),
    "details": Words("Подробности для администратора", "Details for the administrator"),
    "no_token": Words(
        f"Токен не задан или записан с ошибкой. Создайте его в CODING ({_TOKEN_PLACE.ru}) и передайте "
        "администратору для переменной {variable}.",
        f"There is no token, or it was not copied whole. Make one in CODING ({_TOKEN_PLACE.en}) and set "
        "{variable}.",
    ),
    "refused": Words(
        f"CODING не принимает токен: он неверен, истёк или отозван. Создайте новый ({_TOKEN_PLACE.ru}) и "
        "передайте администратору для переменной {variable}.",
        f"CODING refuses the token: it is wrong, expired or revoked. Make a new one ({_TOKEN_PLACE.en}) and "
        "set {variable}.",
    ),
    "not_connected": Words(
        "Команда не подключена, или CODING больше не принимает подключение. Подключите её кнопкой на этой "
        "странице.",
        "The team is not connected, or CODING no longer accepts the connection. Connect it by the button on "
        "this page.",
    ),
    "no_scope": Words(
        "Не хватает права {scope}. Добавьте его в CODING; остальное читается и без него.",
        "The scope {scope} is missing. Add it in CODING; the rest is read without it.",
    ),
    "no_project": Words(
        "CODING не показывает такой проект. В настройках нужен идентификатор из адреса проекта, после /p/, а "
        "владелец доступа должен быть участником проекта.",
        "CODING shows no such project. The configuration needs the identifier from the project's address, "
        "after /p/, and whoever gave the access has to be a member of it.",
    ),
    "settings": Words(
        "Мешает настройка сервера: о ней сказано в подробностях.",
        "A setting of the server is in the way; the details name it.",
    ),
    "away": Words(
        "CODING не отвечает. Проверьте имя команды и попробуйте через несколько минут.",
        "CODING does not respond. Check the team's name and try again in some minutes.",
    ),
    "busy": Words(
        "CODING просит подождать: слишком много запросов. Попробуйте через минуту.",
        "CODING asks to wait: too many questions. Try again in a minute.",
    ),
    "other": Words(
        "CODING ответил не так, как обещает. Передайте подробности администратору.",
        "CODING answered otherwise than it promises. Give the details to the administrator.",
    ),
    # the webhook
    "hook": Words("Сообщения из CODING (webhook)", "Webhook"),
    "hook_off": Words(
        "Сейчас команда читается только опросом, и сообщения отклоняются. Чтобы изменения приходили за "
        "секунды, администратор ставит в настройках incremental: both.",
        "At present the team is read by polling alone, and deliveries are refused. For changes within "
        "seconds the administrator sets incremental: both in the configuration.",
    ),
    "hook_make": Words(
        "В CODING откройте настройки проекта → для разработчиков → Service Hook и создайте WebHook методом "
        "POST. Это нужно для каждого проекта: {projects}. Фильтры и шаблон тела не трогайте.",
        "In CODING open project settings → developer options → Service Hook and make a WebHook by POST; each "
        "project needs one: {projects}. Set no filter and leave the body's template as it is.",
    ),
    "hook_url": Words("Адрес (Service URL)", "Service URL"),
    "hook_url_says": Words(
        "CODING должен достичь этого адреса из интернета. CODA_PIPELINE_PUBLIC_URL не задана, поэтому "
        "показан адрес, по которому открыта эта страница.",
        "CODING has to reach this address from the internet. CODA_PIPELINE_PUBLIC_URL is not set, so this is "
        "the address at which you opened this page.",
    ),
    "hook_url_secret": Words(
        "Если CODING не подписывает сообщения: добавьте к адресу косую черту и секрет.",
        "Where CODING does not sign: add a slash and the secret to the address.",
    ),
    "hook_secret": Words("Секрет", "Secret"),
    "hook_secret_in": Words("Переменная", "The variable"),
    "hook_secret_none": Words(
        "Пока секрета нет, все сообщения отклоняются.", "Without a secret every delivery is refused."
    ),
    "make_secret": Words("Придумать новый секрет", "Make a new secret"),
    "make_secret_says": Words(
        "Он будет показан один раз и нигде не сохранится. Заданный секрет эта страница не показывает.",
        "It is shown once and kept nowhere. A secret that is set is never shown here.",
    ),
    "new_secret": Words("Новый секрет, показан один раз", "The new secret, shown once"),
    "new_secret_says": Words(
        "Запишите его в переменную {variable} на сервере и в поле Token вебхука каждого проекта в CODING. "
        "Пока переменная не изменена, действует прежний.",
        "Put it into the variable {variable} on the server, and into the field Token of each project's hook "
        "in CODING. Until the variable is changed, the one before counts.",
    ),
    "hook_events": Words("Отметьте события", "Tick these events"),
    "events_issues": Words("Задачи", "Issues"),
    "events_iterations": Words("Итерации", "Iterations"),
    "events_project_members": Words("Участники", "Members"),
    # deliveries
    "deliveries": Words("Пришедшие сообщения", "Deliveries"),
    "deliveries_none": Words(
        "Ещё ни одного не пришло. Если в CODING они отправляются, его журнал отправки покажет ответ: 401 "
        "значит, что секрет другой.",
        "None has arrived yet. If CODING sends them, its send log shows the answer: "
        "401 means another secret.",
    ),
    "deliveries_last": Words("Последнее", "The last"),
    "deliveries_lately": Words("За сутки", "In the last day"),
    "deliveries_drained": Words("Из них обработано", "Of these worked off"),
    "deliveries_waiting": Words("Ждут", "Waiting"),
    "deliveries_set_aside": Words("Отложено: непонятны", "Set aside: not understood"),
    "deliveries_reason": Words(
        "Почему отложено последнее (coda-pipeline webhooks list --only set_aside покажет все):",
        "Why the latest was set aside (coda-pipeline webhooks list --only set_aside shows all):",
    ),
}
