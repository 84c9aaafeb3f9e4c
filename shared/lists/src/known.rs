//! The usual titles of columns, in English and in the other languages of the European Union.
//!
//! Sources, compared word by word in November 2026; what is of *all* is not of Maltese (mt):
//!
//! - English addresses and names: the column titles of Exchange's and Entra's exports and bulk
//!   files (Get-Mailbox, Get-Recipient, "Bulk operations" of the Entra admin center).
//! - Given name, family name and address, all but en: the labels of a user's form in Django 5.2
//!   (`django/contrib/auth/locale/*/LC_MESSAGES/django.po`), written by speakers of each language.
//! - Maltese address, given and family name: the site of the EU's Code Week (codeeu/codeweek at
//!   commit 1678b1a9), `resources/lang/mt/base.php`.
//! - German addresses, given, family and display name: Outlook's and Thunderbird's CSV exports, by
//!   the list of their titles in Roundcube (`program/localization/de_DE/csv2vcard.inc`).
//! - Number, all but en, it, lv: Snipe-IT, `resources/lang/*/admin/users/table.php`, `employee_num`
//!   (de at commit 50ef2a23, ga at 530ea474).
//! - Number and end, cs da de en es et fi fr hu it lt lv nl pl sv: Microsoft's documentation of
//!   Dynamics 365 Human Resources of 2020 to 2022, the pages "Payroll employee" and, for *Personāla
//!   numurs*, *Atleidimo data* and *Ontslagdatum*, "Configure integration with Dayforce"; but not
//!   *Numéro personnel*, which may be a telephone's.
//! - Status, all but ga: SugarCRM 12.0 of 2022 (sl: SuiteCRM, © 2019), `LBL_EMPLOYEE_STATUS` of
//!   `modules/Employees/language/*.lang.php`; *Mailadress*, too.
//! - End, all but es, ga, hu, it, lt: Dolibarr 23.0 alpha, `htdocs/langs/*/users.lang`,
//!   `DateEmploymentEnd`.
//! - End, de en es fr it, and display name, de es fr it nl: Odoo 17.0, `addons/hr/i18n/*.po` (de at
//!   commit 0081fad8).
//! - *Employee number*, *employment status*, *termination date*: IceHRM, `core/lang/sv.po` of 2018.
//! - No source was found for status and end of ga, nor for number, status and end of mt. These, and
//!   what else stands beside the words of a source, are common words of the language, by the
//!   dictionary.
//!
//! The labels of SugarCRM, SuiteCRM, Dolibarr and Odoo were read in public copies of them; no
//! export that has these words of number, status and end was seen.
//!
//! A title counts only as a whole (`titles.rs`), so a word that no system uses finds nothing. Where
//! a word is that of several fields (French *Nom*, Spanish *Nombre*), it stands with the wider one.

/// What a column of a usual title holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Address,
    Name,
    GivenName,
    FamilyName,
    ExternalId,
    Status,
    StatusDate,
}

/// The words of one language, by field; a language may have several for one.
struct Language {
    address: &'static [&'static str],
    name: &'static [&'static str],
    given_name: &'static [&'static str],
    family_name: &'static [&'static str],
    external_id: &'static [&'static str],
    status: &'static [&'static str],
    status_date: &'static [&'static str],
}

/// The usual titles of a field, the first that a file has counts.
pub(crate) fn titles(field: Known) -> impl Iterator<Item = &'static str> {
    let of = move |language: &'static Language| match field {
        Known::Address => language.address,
        Known::Name => language.name,
        Known::GivenName => language.given_name,
        Known::FamilyName => language.family_name,
        Known::ExternalId => language.external_id,
        Known::Status => language.status,
        Known::StatusDate => language.status_date,
    };
    let last = if field == Known::Address { SIGN_IN } else { &[] };
    LANGUAGES.iter().flat_map(of).chain(last).copied()
}

/// Whether a column of this title holds the field, in one language or another.
pub(crate) fn is_title_of(field: Known, title: &str) -> bool {
    titles(field).any(|usual| crate::titles::key(usual) == crate::titles::key(title))
}

/// Titles that are of a name in some languages and of a family name in others.
pub(crate) const EITHER_NAME: &[&str] = &["name", "nom", "naam", "navn", "namn", "nume", "nome", "nombre"];

/// A sign-in name is taken for an address only where nothing else is.
const SIGN_IN: &[&str] = &["user principal name", "upn", "sign-in name", "memberObjectIdOrUpn"];

const LANGUAGES: &[Language] = &[
    // English.
    Language {
        address: &[
            "email",
            "e-mail",
            "mail",
            "email address",
            "work email",
            "mail address",
            "primary email",
            "primary email address",
            "PrimarySmtpAddress",
            "primary smtp",
            "smtp address",
            "WindowsEmailAddress",
            "business email",
            "company email",
            "external email address",
            "email id",
            "contact email",
            "email 1",
            "e-mail 1 - value",
        ],
        name: &["display name", "name", "full name"],
        given_name: &["first name", "given name", "forename"],
        family_name: &["last name", "surname", "family name"],
        external_id: &["employee number", "employee id", "personnel number", "staff number"],
        status: &["employment status", "employee status"],
        status_date: &["termination date", "leaving date", "exit date", "DepartureDate", "EmploymentEndDate"],
    },
    // German.
    Language {
        address: &[
            "E-Mail-Adresse",
            "E-Mail dienstlich",
            "dienstliche E-Mail",
            "Mailadresse",
            "E-Mail (geschäftlich)",
        ],
        name: &["Anzeigename", "vollständiger Name"],
        given_name: &["Vorname"],
        family_name: &["Nachname", "Familienname", "Zuname"],
        external_id: &[
            "Personalnummer",
            "Personal-Nr",
            "Mitarbeiternummer",
            "Mitarbeiter-ID",
            "Mitarbeiternr",
        ],
        status: &["Beschäftigungsstatus", "Mitarbeiterstatus"],
        status_date: &["Austrittsdatum", "Austritt", "Beschäftigungsende", "Datum des Beschäftigungsendes"],
    },
    // French.
    Language {
        address: &[
            "Adresse e-mail",
            "Adresse de messagerie",
            "Adresse électronique",
            "Courriel",
            "Adresse courriel",
            "E-mail professionnel",
            "Mél",
        ],
        name: &["Nom complet", "Nom d'affichage", "Nom"],
        given_name: &["Prénom"],
        family_name: &["Nom de famille", "Nom usuel"],
        external_id: &["Matricule", "Numéro de matricule", "Numéro d'employé", "Employé n°"],
        status: &["Statut d'emploi", "Statut du salarié", "Statut employé"],
        status_date: &["Date de départ", "Date de sortie", "Date de fin d'emploi", "Date de fin de l'emploi"],
    },
    // Spanish.
    Language {
        address: &["Correo electrónico", "Dirección de correo electrónico", "Correo", "Dirección de correo"],
        name: &["Nombre completo", "Nombre para mostrar", "Nombre y apellidos", "Nombre", "Nombre mostrado"],
        given_name: &["Nombre de pila"],
        family_name: &["Apellidos", "Apellido"],
        external_id: &["Número de empleado", "Código de empleado", "No. Empleado", "Número de personal"],
        status: &["Estado laboral", "Situación laboral", "Estado del empleado"],
        status_date: &["Fecha de baja", "Fecha de cese", "Fecha de salida", "Fecha final del empleo"],
    },
    // Italian.
    Language {
        address: &[
            "Indirizzo e-mail",
            "Indirizzo di posta elettronica",
            "Posta elettronica",
            "E-mail aziendale",
        ],
        name: &["Nome completo", "Nome visualizzato", "Nominativo", "Nome"],
        given_name: &["Nome di battesimo"],
        family_name: &["Cognome"],
        external_id: &["Matricola", "Numero dipendente"],
        status: &["Stato dipendente", "Stato lavorativo"],
        status_date: &["Data di cessazione", "Data cessazione", "Data di uscita", "Data di fine impiego"],
    },
    // Portuguese.
    Language {
        address: &[
            "Endereço de e-mail",
            "Correio eletrónico",
            "Endereço de correio eletrónico",
            "E-mail profissional",
        ],
        name: &["Nome a apresentar", "Nome de exibição"],
        given_name: &["Nome próprio", "Primeiro nome"],
        family_name: &["Apelido", "Sobrenome", "Último nome"],
        external_id: &["Número de funcionário", "Número mecanográfico", "Funcionário nº"],
        status: &["Estado do funcionário", "Situação profissional"],
        status_date: &["Data de saída", "Data de cessação", "Data de rescisão"],
    },
    // Dutch.
    Language {
        address: &["E-mailadres", "Emailadres", "E-mail werk", "Zakelijk e-mailadres"],
        name: &["Weergavenaam", "Volledige naam", "Naam", "Schermnaam"],
        given_name: &["Voornaam", "Roepnaam"],
        family_name: &["Achternaam", "Familienaam"],
        external_id: &["Personeelsnummer", "Medewerkernummer", "Werknemersnummer"],
        status: &["Dienstverbandstatus", "Status medewerker", "Medewerkerstatus"],
        status_date: &["Datum uit dienst", "Uitdiensttreding", "Einddatum dienstverband", "Ontslagdatum"],
    },
    // Danish.
    Language {
        address: &["E-mailadresse", "Mailadresse", "Arbejdsmail"],
        name: &["Vist navn", "Fulde navn", "Navn"],
        given_name: &["Fornavn"],
        family_name: &["Efternavn"],
        external_id: &["Medarbejdernummer", "Lønnummer", "Medarbejder nr.", "Personalenummer"],
        status: &["Ansættelsesstatus", "Medarbejderstatus"],
        status_date: &["Fratrædelsesdato", "Ansættelses slutdato", "Slutdato for ansættelse"],
    },
    // Swedish.
    Language {
        address: &["E-postadress", "E-post", "Epost", "Mejladress", "Mailadress"],
        name: &["Visningsnamn", "Fullständigt namn", "Namn"],
        given_name: &["Förnamn"],
        family_name: &["Efternamn"],
        external_id: &["Anställningsnummer", "Personalnummer"],
        status: &["Anställningsstatus"],
        status_date: &[
            "Slutdatum anställning",
            "Avgångsdatum",
            "Anställningens slutdatum",
            "Slutdatum för anställning",
        ],
    },
    // Finnish.
    Language {
        address: &["Sähköpostiosoite", "Sähköposti", "Työsähköposti"],
        name: &["Näyttönimi", "Koko nimi", "Nimi"],
        given_name: &["Etunimi"],
        family_name: &["Sukunimi"],
        external_id: &["Henkilönumero", "Työntekijänumero", "Työntekijän nro", "Henkilöstönumero"],
        status: &["Työsuhteen tila", "Työntekijän status"],
        status_date: &["Työsuhteen päättymispäivä", "Työsuhteen päättymispäivämäärä"],
    },
    // Polish.
    Language {
        address: &["Adres e-mail", "Adres poczty elektronicznej", "Poczta elektroniczna", "E-mail służbowy"],
        name: &["Imię i nazwisko", "Nazwa wyświetlana"],
        given_name: &["Imię"],
        family_name: &["Nazwisko"],
        external_id: &["Numer pracownika", "Numer ewidencyjny"],
        status: &["Status zatrudnienia", "Status pracownika"],
        status_date: &["Data zwolnienia", "Data rozwiązania umowy", "Data zakończenia zatrudnienia"],
    },
    // Czech.
    Language {
        address: &["E-mailová adresa", "Emailová adresa", "Pracovní e-mail"],
        name: &["Zobrazované jméno", "Celé jméno", "Jméno a příjmení"],
        given_name: &["Jméno", "Křestní jméno"],
        family_name: &["Příjmení"],
        external_id: &["Osobní číslo", "Číslo zaměstnance", "Číslo pracovníka"],
        status: &["Stav zaměstnance", "Stav pracovního poměru", "Status zaměstnance"],
        status_date: &[
            "Datum ukončení pracovního poměru",
            "Datum odchodu",
            "Datum ukončení zaměstnání",
            "Koncové datum zaměstnání",
        ],
    },
    // Slovak.
    Language {
        address: &["E-mailová adresa", "Emailová adresa", "Pracovný e-mail"],
        name: &["Zobrazované meno", "Celé meno", "Meno a priezvisko"],
        given_name: &["Meno", "Krstné meno"],
        family_name: &["Priezvisko"],
        external_id: &["Osobné číslo", "Číslo zamestnanca"],
        status: &["Stav zamestnanca", "Stav pracovného pomeru", "Status pracovníka"],
        status_date: &["Dátum ukončenia pracovného pomeru", "Dátum odchodu"],
    },
    // Slovenian.
    Language {
        address: &["E-poštni naslov", "E-naslov", "Elektronski naslov", "E-pošta", "Elektronska pošta"],
        name: &["Prikazno ime", "Ime in priimek", "Polno ime"],
        given_name: &["Ime"],
        family_name: &["Priimek"],
        external_id: &["Številka zaposlenega", "Kadrovska številka"],
        status: &["Status zaposlitve", "Status zaposlenega"],
        status_date: &["Datum prenehanja zaposlitve", "Datum konca zaposlitve"],
    },
    // Croatian.
    Language {
        address: &["Adresa e-pošte", "E-mail adresa", "Elektronička pošta", "E-pošta"],
        name: &["Ime za prikaz", "Ime i prezime", "Puno ime"],
        given_name: &["Ime"],
        family_name: &["Prezime"],
        external_id: &["Broj zaposlenika", "Matični broj zaposlenika"],
        status: &["Status zaposlenja", "Status zaposlenika"],
        status_date: &["Datum prestanka rada", "Datum odlaska", "Datum završetka zaposlenja"],
    },
    // Hungarian.
    Language {
        address: &["E-mail cím", "E-mail-cím", "Elektronikus levelezési cím", "Munkahelyi e-mail"],
        name: &["Megjelenítendő név", "Teljes név", "Név"],
        given_name: &["Keresztnév", "Utónév"],
        family_name: &["Vezetéknév", "Családi név"],
        external_id: &["Törzsszám", "Munkavállalói azonosító", "Munkavállaló száma", "Személyzeti szám"],
        status: &["Foglalkoztatási státusz", "Munkaviszony állapota", "Munkatárs státusza"],
        status_date: &["Kilépés dátuma", "Munkaviszony vége", "Munkaviszony záró dátuma"],
    },
    // Romanian.
    Language {
        address: &[
            "Adresă de e-mail",
            "Adresa de e-mail",
            "Adresă e-mail",
            "Adresa e-mail",
            "Poștă electronică",
        ],
        name: &["Nume afișat", "Nume complet", "Nume și prenume"],
        given_name: &["Prenume"],
        family_name: &["Nume de familie", "Nume"],
        external_id: &["Marcă", "Număr de marcă", "Număr angajat", "Nr. angajat"],
        status: &["Statut angajat", "Starea angajatului", "Status angajat"],
        status_date: &["Data încetării", "Data plecării", "Data încetării angajării"],
    },
    // Bulgarian.
    Language {
        address: &["Имейл", "Имейл адрес", "Електронна поща", "Е-поща", "Служебен имейл"],
        name: &["Показвано име", "Пълно име", "Име и фамилия"],
        given_name: &["Име", "Собствено име"],
        family_name: &["Фамилия", "Фамилно име"],
        external_id: &["Номер на служител", "Служебен номер"],
        status: &["Статус на служителя", "Трудов статус"],
        status_date: &["Дата на напускане", "Дата на прекратяване", "Дата на освобождаване"],
    },
    // Greek.
    Language {
        address: &[
            "Διεύθυνση ηλεκτρονικού ταχυδρομείου",
            "Διεύθυνση email",
            "Διεύθυνση e-mail",
            "Ηλεκτρονικό ταχυδρομείο",
            "Ηλ. ταχυδρομείο",
        ],
        name: &["Εμφανιζόμενο όνομα", "Ονοματεπώνυμο", "Πλήρες όνομα"],
        given_name: &["Όνομα"],
        family_name: &["Επώνυμο", "Επίθετο"],
        external_id: &["Αριθμός μητρώου", "Κωδικός εργαζομένου", "Αριθμός υπαλλήλου"],
        status: &["Κατάσταση απασχόλησης", "Κατάσταση εργαζομένου"],
        status_date: &["Ημερομηνία αποχώρησης", "Ημερομηνία λήξης απασχόλησης"],
    },
    // Estonian.
    Language {
        address: &["E-posti aadress", "E-post", "Meiliaadress", "Meil"],
        name: &["Kuvatav nimi", "Täisnimi", "Ees- ja perekonnanimi", "Nimi"],
        given_name: &["Eesnimi"],
        family_name: &["Perekonnanimi", "Perenimi"],
        external_id: &["Töötaja number", "Töötaja kood", "Töötaja nr.", "Personalinumber"],
        status: &["Töösuhte staatus", "Töötaja olek"],
        status_date: &["Töösuhte lõpp", "Lahkumise kuupäev", "Töötamise lõppkuupäev", "Töösuhte lõppkuupäev"],
    },
    // Latvian.
    Language {
        address: &["E-pasta adrese", "E-pasts", "Epasts", "Elektroniskais pasts"],
        name: &["Attēlojamais vārds", "Pilns vārds", "Vārds, uzvārds", "Vārds un uzvārds"],
        given_name: &["Vārds"],
        family_name: &["Uzvārds"],
        external_id: &["Darbinieka numurs", "Tabeles numurs", "Personāla numurs"],
        status: &["Nodarbinātības statuss", "Darbinieka statuss"],
        status_date: &["Darba attiecību beigu datums", "Nodarbinātības beigu datums"],
    },
    // Lithuanian.
    Language {
        address: &["El. pašto adresas", "El. paštas", "Elektroninis paštas", "Elektroninio pašto adresas"],
        name: &["Rodomas vardas", "Vardas ir pavardė", "Vardas, pavardė"],
        given_name: &["Vardas"],
        family_name: &["Pavardė"],
        external_id: &["Darbuotojo numeris", "Tabelio numeris", "Darbuotojo nr.", "Personalo numeris"],
        status: &["Darbuotojo būsena", "Įdarbinimo būsena", "Darbuotojo statusas"],
        status_date: &["Atleidimo data", "Darbo pabaigos data", "Įdarbinimo pabaigos data"],
    },
    // Irish.
    Language {
        address: &["Seoladh r-phoist", "Seoladh ríomhphoist", "Ríomhphost", "R-phost"],
        name: &["Ainm taispeána", "Ainm iomlán", "Ainm"],
        given_name: &["Céadainm", "Ainm baiste"],
        family_name: &["Sloinne"],
        external_id: &["Uimhir fostaí", "Uimhir foirne", "Uimhir an fhostaí"],
        status: &["Stádas fostaíochta"],
        status_date: &["Dáta imeachta"],
    },
    // Maltese.
    Language {
        address: &[
            "Indirizz tal-posta elettronika",
            "Posta elettronika",
            "Indirizz elettroniku",
            "Indirizz tal-email",
        ],
        name: &["Isem sħiħ", "Isem għall-wiri"],
        given_name: &["Isem"],
        family_name: &["Kunjom"],
        external_id: &["Numru tal-impjegat"],
        status: &["Status tal-impjieg"],
        status_date: &["Data tat-tluq"],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::titles::key;

    const ALL: [Known; 7] = [
        Known::Address,
        Known::Name,
        Known::GivenName,
        Known::FamilyName,
        Known::ExternalId,
        Known::Status,
        Known::StatusDate,
    ];

    #[test]
    fn each_of_the_24_languages_has_a_word_for_each_field() {
        assert_eq!(LANGUAGES.len(), 24);
        for language in LANGUAGES {
            let Language { address, name, given_name, family_name, external_id, status, status_date } =
                language;
            for words in [address, name, given_name, family_name, external_id, status, status_date] {
                assert!(!words.is_empty(), "{address:?}");
            }
        }
    }

    #[test]
    fn no_title_stands_for_two_fields() {
        let mut seen: BTreeMap<String, Known> = BTreeMap::new();
        for field in ALL {
            for title in titles(field) {
                let other = seen.insert(key(title), field);
                assert!(other.is_none_or(|other| other == field), "{title}: {field:?} and {other:?}");
            }
        }
    }
}
